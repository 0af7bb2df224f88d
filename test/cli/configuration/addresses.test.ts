import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../cli/configuration/loadConfiguration.js';
import { settings } from '../../../cli/configuration/sections.js';
import { makeHome, startProgram } from '../../support/program.js';

let home: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ home, remove } = await makeHome());
});
afterAll(() => remove());

const load = (environment: Record<string, string>) =>
  loadConfiguration({ environment: { TOLLGATE_HOME: home, ...environment }, uid: 0, file: null, options: new Map() });

/** Every setting whose value is shown and begins with a scheme. */
const addresses = settings
  .filter(({ variable, isSecret }) => isSecret !== true && /_(URL|ISSUER|ENDPOINT)$/.test(variable))
  .map(({ variable }) => variable);

describe('a setting that is an address', () => {
  it('is one of at least ten', () => expect(addresses.length).toBeGreaterThanOrEqual(10));

  it.each(addresses)('is refused with a password in it, and never said again: %s', async (variable) => {
    const scheme = variable.includes('LDAP') ? 'ldaps' : 'https';
    const others = variable.includes('LDAP') ? { IDENTITY_LDAP_BASE_DN: 'dc=example' } : {};
    const refused = await load({ ...others, [variable]: `${scheme}://bob:hunter2@id.example.org` }).catch(
      (error: Error) => error.message,
    );
    expect(refused).toMatch(new RegExp(`^${variable} `));
    expect(refused).not.toContain('hunter2');
  });

  it.each(addresses.filter((variable) => !variable.includes('LDAP')))(
    'is refused in the clear beyond loopback: %s',
    async (variable) => {
      await expect(load({ [variable]: 'http://id.example.org' })).rejects.toThrow(
        new RegExp(`^${variable} (is not valid: plain HTTP is for loopback alone|must be (an https address|https:))`),
      );
    },
  );

  it('is not shown by `configuration show`, which refuses it', async () => {
    const program = startProgram(['configuration', 'show'], {
      TOLLGATE_HOME: join(home, 'none'),
      TOLLGATE_ISSUER: 'https://bob:hunter2@id.example.org',
    });
    expect((await program.ended).code).toBe(1);
    expect(program.output()).toMatch(/^tollgate: TOLLGATE_ISSUER is not valid: addresses are shown/);
    expect(program.output()).not.toContain('hunter2');
  });
});
