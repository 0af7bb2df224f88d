import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identityLimits } from '../../../subgraphs/identity/domain/limits.js';
import { type IdentityHarness, startIdentityHarness, type TestPerson } from '../support/identityHarness.js';
import { type RefusingDirectory, startRefusingDirectory } from '../support/refusingDirectory.js';
import { runMutation } from '../support/runMutation.js';

let directory: RefusingDirectory;
let identity: IdentityHarness;
let owner: TestPerson;

beforeAll(async () => {
  directory = await startRefusingDirectory();
  identity = await startIdentityHarness(directory.config);
});
afterAll(async () => {
  await identity.stop();
  await directory.stop();
});
beforeEach(async () => {
  owner = await identity.newPerson();
});

const NETWORK = '198.51.100.7';
/** No code of anybody's, in the form of a recovery code. */
const NO_CODE = '0000-0000-0000-0000-0000-0000';
const three = Array(3).fill('INVALID_CREDENTIALS');
const limited = (times: number) => Array(times).fill('RATE_LIMITED');

/** A log-in from some network. */
const from = async (clientIp: string, input: Partial<Record<'username' | 'password' | 'code', string>>) =>
  (
    await runMutation(
      identity,
      'logIn',
      { username: owner.username, password: owner.password, code: NO_CODE, ...input },
      'accessToken',
      { clientIp },
    )
  ).outcome;

/** What comes of the same so many times in a row. */
async function repeated(times: number, attempt: () => Promise<string>): Promise<string[]> {
  const outcomes: string[] = [];
  for (let time = 0; time < times; time += 1) outcomes.push(await attempt());
  return outcomes;
}

/** What the trail has of a person's failures. */
const failuresOf = async (action: string): Promise<string[]> =>
  (
    await identity.sql<{ failure: string }>(
      `SELECT detail ->> 'failure' AS failure FROM platform.audit_entry WHERE action = $1 AND target = $2 ORDER BY id`,
      [action, owner.id],
    )
  ).map(({ failure }) => failure);

const countOf = async (key: string): Promise<number> =>
  (await identity.sql<{ failures: number }>('SELECT failures FROM failure_counter WHERE key = $1', [key]))[0]
    ?.failures ?? 0;

describe('wrong passwords for a local name, where a directory is asked', () => {
  it('are counted and audited beyond what the directory may get, so that guessing ends', async () => {
    const guess = () => from(NETWORK, { password: 'a guess' });
    expect(await repeated(10, guess)).toEqual([...three, ...limited(7)]);
    expect(await failuresOf('logIn')).toEqual(Array(10).fill('PASSWORD'));
    // Of what follows from there nothing is looked at any more, not even what is right.
    expect(await from(NETWORK, { code: await identity.codeOf(owner) })).toBe('RATE_LIMITED');
    expect(await failuresOf('logIn')).toHaveLength(10);
    await identity.logIn(owner);
  });

  it.each([NO_CODE, '12345678'])('are answered as the right one with a wrong code is: %s', async (code) => {
    const other = await identity.newPerson();
    const wrong = await repeated(5, () => from(NETWORK, { username: other.username, password: 'a guess', code }));
    expect(wrong).toEqual([...three, ...limited(2)]);
    expect(await repeated(5, () => from(NETWORK, { code }))).toEqual(wrong);
    expect(await failuresOf('logIn')).toEqual(Array(5).fill('CODE'));
    // Who has both still gets in.
    await identity.logIn(owner);
  });

  it('count for the network that they come from, as those for names that nobody has', async () => {
    const clientIp = '203.0.113.77';
    const attempt = () => from(clientIp, { username: `nobody-${randomUUID().slice(0, 8)}` });
    expect(await repeated(2, attempt)).toEqual(Array(2).fill('INVALID_CREDENTIALS'));
    expect(await repeated(6, () => from(clientIp, { username: 'nobody-at-all', password: 'a guess' }))).toEqual([
      ...three,
      ...limited(3),
    ]);
    expect(await countOf(`network:${clientIp}`)).toBe(8);
  });
});

describe('the time for which what the directory got counts', () => {
  it('is longer than the directory’s own by a conversation and what clocks differ', async () => {
    const guess = () => from(NETWORK, { password: 'a guess' });
    expect(await repeated(4, guess)).toEqual([...three, ...limited(1)]);
    identity.clock.advance(30 * 60 + identityLimits.directoryConversationMs / 1000 + 20);
    expect(await guess()).toBe('RATE_LIMITED');
    identity.clock.advance(4);
    expect(await guess()).toBe('INVALID_CREDENTIALS');
  });
});

describe('step-ups of a local person, where a directory is asked', () => {
  const proofs = [
    ['a wrong password', { password: 'a guess' }, 'PASSWORD'],
    ['a wrong code', {}, 'CODE'],
  ] as const;
  const expiresAt = () => new Date(identity.clock.now().getTime() + 3_600_000).toISOString();
  const inputs = {
    regenerateRecoveryCodes: () => ({}),
    replaceTotp: () => ({}),
    changePassword: () => ({ newPassword: 'quite another password' }),
    createPersonalAccessKey: () => ({
      idempotencyKey: randomUUID(),
      name: 'key',
      scopes: ['storage:read'],
      expiresAt: expiresAt(),
    }),
  };
  const cases = Object.entries(inputs).flatMap(([name, input]) =>
    proofs.map(([what, proof, failure]) => ({ name, what, proof, failure, input })),
  );

  it.each(cases)('$name counts and audits $what, and answers both alike', async ({ name, proof, failure, input }) => {
    const token = (await identity.logIn(owner)).accessToken;
    const shown = { password: owner.password, code: NO_CODE, ...proof };
    const attempt = async () => (await runMutation(identity, name, { ...input(), ...shown }, '', { token })).outcome;
    // A session is known: it has the last of the four as well.
    expect(await repeated(6, attempt)).toEqual([...three, 'INVALID_CREDENTIALS', ...limited(2)]);
    expect(await failuresOf(name)).toEqual(Array(6).fill(failure));
    expect(await countOf(`step-up:${owner.id}`)).toBe(6);
  });
});
