import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type IdentityHarness, startIdentityHarness } from '../support/identityHarness.js';
import { type RefusingDirectory, startRefusingDirectory } from '../support/refusingDirectory.js';
import { runMutation } from '../support/runMutation.js';

// As while as many talk with the directory as may.
vi.mock('../../../subgraphs/identity/domain/limits.js', async (original) => {
  const { identityLimits } = await original<typeof import('../../../subgraphs/identity/domain/limits.js')>();
  return { identityLimits: { ...identityLimits, directoryConversationsMax: 0 } };
});

let directory: RefusingDirectory;
let identity: IdentityHarness;

beforeAll(async () => {
  directory = await startRefusingDirectory();
  identity = await startIdentityHarness(directory.config);
});
afterAll(async () => {
  await identity.stop();
  await directory.stop();
});

it('counts and audits wrong passwords and codes of a local name while the directory is busy, all answered alike', async () => {
  const operator = await identity.operator();
  const code = '0000-0000-0000-0000-0000-0000';
  const attempt = async (password: string, clientIp: string) =>
    (await runMutation(identity, 'logIn', { ...operator, totpSecret: undefined, password, code }, '', { clientIp }))
      .outcome;
  for (let guess = 0; guess < 12; guess += 1) expect(await attempt('a guess', '198.51.1.7')).toBe('RATE_LIMITED');
  for (let guess = 0; guess < 2; guess += 1) {
    expect(await attempt(operator.password, '198.51.2.7')).toBe('RATE_LIMITED');
  }
  const audited = await identity.sql<{ failure: string }>(
    "SELECT detail ->> 'failure' AS failure FROM platform.audit_entry WHERE action = 'logIn' ORDER BY id",
  );
  // The last two guesses were turned away by the name's own limit, unhashed.
  expect(audited.map(({ failure }) => failure)).toEqual([...Array(10).fill('PASSWORD'), 'CODE', 'CODE']);
  await identity.logIn(operator);
});
