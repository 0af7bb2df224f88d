import { describe, expect, it } from 'vitest';
import { isReference, resolveReference } from '../../../acct/index.js';
import { codeOf } from '../support/codeOf.js';

const profiles = {
  ldap: { bind: { password: 's3cr3t', port: 636, tls: true, 'a#b': 'odd', nested: { deep: 1 } } },
  'azure.login': { 'my.app': { key: 'dotted' } },
  azure: { other: { key: 'x' } },
  a: { 'b.c': { k: '1' } },
  'a.b': { c: { k: '2' } },
};

describe('acct:provider.profile#key', () => {
  it.each([
    ['acct:ldap.bind#password', 's3cr3t'],
    ['acct:ldap.bind#port', '636'],
    ['acct:ldap.bind#tls', 'true'],
    ['acct:ldap.bind#a#b', 'odd'],
    ['acct:azure.login.my.app#key', 'dotted'],
  ])('%s', (reference, value) => {
    expect(isReference(reference)).toBe(true);
    expect(resolveReference(reference, profiles)).toBe(value);
  });

  it.each([
    ['USAGE', 'acct:ldap.bind'],
    ['USAGE', 'acct:#x'],
    ['PROFILE_UNKNOWN: There is no profile ldap.none', 'acct:ldap.none#x'],
    ['PROFILE_UNKNOWN: The profile ldap.bind has no key none', 'acct:ldap.bind#none'],
    ['PROFILE_UNKNOWN', 'acct:ldap.bind#toString'],
    ['PROFILE_UNKNOWN', 'acct:constructor.name#length'],
    ['VALUE_UNSUPPORTED', 'acct:ldap.bind#nested'],
    ['PROFILE_DUPLICATE', 'acct:a.b.c#k'],
  ])('refuses with %s: %s', async (refusal, reference) => {
    const said = await codeOf(() => resolveReference(reference, profiles));
    expect(said.startsWith(refusal), said).toBe(true);
    expect(said).not.toContain('s3cr3t');
  });

  it('leaves other settings alone', () => {
    expect(isReference('postgres://x')).toBe(false);
  });
});
