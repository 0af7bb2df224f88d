import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { accessRefusals } from '../../platform/kernel/refusals/access.js';
import { refusalRegistry } from '../../platform/kernel/refusals/registry.js';
import { extendGrantSaga } from '../../subgraphs/access/sagas/extendGrant.js';
import { requestAccessSaga } from '../../subgraphs/access/sagas/requestAccess.js';
import { FakePeers } from '../access/support/fakePeers.js';
import { readSources } from '../support/sources.js';

const page = readFileSync(join(packageRoot, 'docs', 'access.md'), 'utf8');
const registry: Readonly<Record<string, string>> = refusalRegistry;
const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');
const codesIn = (text: string): readonly string[] =>
  (text.match(/\b[A-Z_]{4,}\b/g) ?? []).filter((code) => code in registry);

/** What access' own programs name, but for what they only read of other services. */
const ownCodes = readSources(
  ...['domain', 'usecases', 'sagas', 'persistence'].map((it) => `subgraphs/access/${it}`),
).flatMap(({ text }) => [...text.matchAll(/'([A-Z_]+)'/g)].flatMap(([, code = '']) => codesIn(code)));

/** What a use case of another service says it refuses with, in the comment above it. */
function documented(service: string, name: string): readonly string[] {
  const text = read(join('subgraphs', service, 'usecases', `${name}.ts`));
  const [, refusals = ''] = /Refusals:([\s\S]*?)(?:Faults:|@throws|\*\/)/.exec(text) ?? [];
  expect(refusals, `${service}.${name} says what it refuses with`).not.toBe('');
  const like = refusals.includes('and its like')
    ? Object.keys(registry).filter((code) => code.startsWith('AMOUNT_'))
    : [];
  // A mandate is no way to pay for a grant.
  const others = [...refusals.matchAll(/those of (\w+)/g)].flatMap(([, other = '']) =>
    other === 'a' ? [] : documented(service, other),
  );
  return [...codesIn(refusals), ...like, ...others];
}

const { peers } = new FakePeers();
const calls = [requestAccessSaga(peers), extendGrantSaga(peers)].flatMap(({ steps }) =>
  steps.flatMap((step) => step.do.callees),
);
const codes = new Set([
  ...Object.keys(accessRefusals),
  ...ownCodes,
  ...calls.flatMap((callee) => {
    const [service = '', name = ''] = callee.split('.');
    return documented(service, name);
  }),
]);

describe('what somebody who asks for access can be refused with', () => {
  it('is known: what access says by itself, and what the services say that its chains call', () => {
    expect(calls).toContain('accounting.openEscrow');
    for (const code of ['INVALID_INPUT', 'INSUFFICIENT_FUNDS', 'LIMIT_EXCEEDED', 'CAPACITY_EXCEEDED', 'GRANT_IN_USE']) {
      expect(codes).toContain(code);
    }
    expect(codes.size).toBeGreaterThan(40);
  });

  it.each([...codes].sort())('%s stands in docs/access.md as in the registry, with what to do about it', (code) => {
    const [, meaning = '', remedy = ''] = new RegExp(`^\\| \`${code}\` \\| (.+) \\| (.+) \\|$`, 'm').exec(page) ?? [];
    expect(`${meaning} ${remedy}`).toBe(registry[code]);
    expect(remedy).toMatch(/^[A-Z].+\.$/);
  });

  it('is all that the page lists', () => {
    const listed = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code = '']) => code);
    expect(listed.filter((code) => !codes.has(code))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });
});
