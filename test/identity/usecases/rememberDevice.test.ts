import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityHarness, startIdentityHarness, type TestPerson } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

/** Moves to the next step and logs in with its code. */
async function logIn(person: TestPerson, input: object = {}, clientIp?: string) {
  identity.clock.advance(30);
  const { username, password } = person;
  const credentials = { username, password, code: await identity.codeOf(person), ...input };
  const options = clientIp === undefined ? {} : { clientIp };
  return runMutation<{ accessToken: string; deviceToken: string }>(
    identity,
    'logIn',
    credentials,
    'accessToken deviceToken',
    options,
  );
}

async function remembered() {
  const person = await identity.newPerson();
  const { payload } = await logIn(person, { rememberDevice: true });
  return { person, deviceToken: payload?.deviceToken ?? '' };
}

const WRONG = { password: 'a guess at it' };
const flood = (person: TestPerson, keys: readonly string[]) =>
  identity.sql(
    `UPDATE failure_counter SET failures = 5000, window_ends_at = $1
     WHERE key LIKE ANY ($2) AND key LIKE '%' || $3 || '%'`,
    [
      new Date(identity.clock.now().getTime() + 900_000),
      keys,
      // Names stand in the counters as digests only.
      digestOf(person.username),
    ],
  );
const digestOf = (username: string): string => createHash('sha256').update(username).digest('base64url');

describe('a remembered device', () => {
  it('is remembered where the person wishes it, under a digest, and its token is shown once', async () => {
    const person = await identity.newPerson();
    expect((await logIn(person)).payload?.deviceToken).toBeNull();
    const { payload } = await logIn(person, { rememberDevice: true });
    expect(payload?.deviceToken).toMatch(/^tgd_[\w-]{43}$/);
    const rows = await identity.sql<{ text: string }>(
      'SELECT row_to_json(remembered_device)::text AS text FROM remembered_device WHERE user_id = $1',
      [person.id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text).not.toContain(payload?.deviceToken);
  });

  it('never replaces password or code', async () => {
    const { person, deviceToken } = await remembered();
    expect((await logIn(person, { deviceToken, code: '' })).outcome).toBe('INVALID_CREDENTIALS');
    expect((await logIn(person, { deviceToken, code: deviceToken })).outcome).toBe('INVALID_CREDENTIALS');
    expect((await logIn(person, { deviceToken, ...WRONG })).outcome).toBe('INVALID_CREDENTIALS');
    expect((await logIn(person, { deviceToken })).outcome).toBe('OK');
  });

  it('lets its owner in while strangers fill every counter of the name, from the same address too', async () => {
    const { person, deviceToken } = await remembered();
    for (let guess = 0; guess < 10; guess += 1) await logIn(person, WRONG);
    for (let guess = 0; guess < 2; guess += 1) await logIn(person, { code: '000000' }, '203.0.113.9');
    await flood(person, ['password:%', 'passwords:%', 'code:%']);
    await identity.sql("UPDATE failure_counter SET failures = 5000 WHERE key = 'network:192.0.2.1'");
    expect((await logIn(person)).outcome).toBe('RATE_LIMITED');
    expect((await logIn(person, {}, '198.51.100.77')).outcome).toBe('RATE_LIMITED');
    expect((await logIn(person, { deviceToken })).outcome).toBe('OK');
    expect((await logIn(person, { deviceToken }, '198.51.100.77')).outcome).toBe('OK');
    identity.clock.advance(900);
  });

  it('has ten wrong passwords and ten wrong codes itself, which strangers do not feel', async () => {
    for (const wrong of [WRONG, { code: '000000' }]) {
      const { person, deviceToken } = await remembered();
      for (let guess = 0; guess < 10; guess += 1) {
        expect((await logIn(person, { deviceToken, ...wrong })).outcome).toBe('INVALID_CREDENTIALS');
      }
      expect((await logIn(person, { deviceToken })).outcome).toBe('RATE_LIMITED');
      expect((await logIn(person)).outcome).toBe('OK');
      identity.clock.advance(900);
    }
  });

  it.each([
    ["another's", async () => (await remembered()).deviceToken],
    ['made up', async () => `tgd_${'x'.repeat(43)}`],
    ['no token at all', async () => 'x'.repeat(100_000)],
  ])('is no device of this person: %s', async (_name, tokenOf) => {
    const person = await identity.newPerson();
    const deviceToken = await tokenOf();
    for (let guess = 0; guess < 10; guess += 1) await logIn(person, WRONG);
    expect((await logIn(person, { deviceToken })).outcome).toBe('RATE_LIMITED');
    identity.clock.advance(900);
    // The wish is granted with a token of its own.
    const { payload } = await logIn(person, { deviceToken, rememberDevice: true });
    expect(payload?.deviceToken).toMatch(/^tgd_/);
    expect(payload?.deviceToken).not.toBe(deviceToken);
  });

  it('is forgotten thirty days after it was last remembered, and renewed under the same token before', async () => {
    const { person, deviceToken } = await remembered();
    identity.clock.advance(29 * 86_400);
    expect((await logIn(person, { deviceToken, rememberDevice: true })).payload?.deviceToken).toBe(deviceToken);
    identity.clock.advance(29 * 86_400);
    expect((await logIn(person, { deviceToken, rememberDevice: true })).payload?.deviceToken).toBe(deviceToken);
    identity.clock.advance(30 * 86_400);
    const { payload } = await logIn(person, { deviceToken, rememberDevice: true });
    expect(payload?.deviceToken).not.toBe(deviceToken);
  });
});

describe('guesses from many networks', () => {
  it('are a hundred in a window for one name, and do not keep its owner from a network that is known', async () => {
    const person = await identity.newPerson();
    await logIn(person);
    for (const network of ['203.0.113.1', '203.0.113.2']) {
      expect((await logIn(person, WRONG, network)).outcome).toBe('INVALID_CREDENTIALS');
    }
    const [anywhere] = await identity.sql("SELECT failures FROM failure_counter WHERE key = 'passwords:' || $1", [
      digestOf(person.username),
    ]);
    expect(anywhere).toEqual({ failures: 2 });
    await identity.sql("UPDATE failure_counter SET failures = 100 WHERE key = 'passwords:' || $1", [
      digestOf(person.username),
    ]);
    expect((await logIn(person, WRONG, '203.0.113.3')).outcome).toBe('RATE_LIMITED');
    expect((await logIn(person)).outcome).toBe('OK');
  });

  it('from addresses of one IPv6 /64 are guesses from one network', async () => {
    const person = await identity.newPerson();
    const addressOf = (index: number): string => `2001:db8:1:2:${index}::1`;
    for (let guess = 1; guess <= 10; guess += 1) await logIn(person, WRONG, addressOf(guess));
    expect((await logIn(person, {}, addressOf(99))).outcome).toBe('RATE_LIMITED');
    expect((await logIn(person, {}, '2001:db8:1:3::1')).outcome).toBe('OK');
  });
});
