import { randomUUID } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { startIdentityAndAccounting, type TwoServices, thingOf } from '../../support/identityAndAccounting.js';
import type { IdentityHarness, Payload, TestSession } from '../support/identityHarness.js';

const AHEAD_SECONDS = 300;
const STOP_SECONDS = 660;

let services: TwoServices;
let identity: IdentityHarness;
let operator: TestSession;

beforeEach(async () => {
  services = await startIdentityAndAccounting();
  identity = services.identity;
  operator = await identity.logIn(await identity.operator());
});
afterEach(() => services.stop());

const ROTATE = `mutation ($input: RotateSigningKeyInput!) { rotateSigningKey(input: $input) {
  signingKey { kid state createdAt signsFrom } refusal { code } } }`;
const REFRESH = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) {
  accessToken refreshToken refusal { code } } }`;

interface Key {
  readonly kid: string;
  readonly state: string;
  readonly createdAt: string;
  readonly signsFrom: string;
}

async function rotate(input: object = {}, token = operator.accessToken) {
  const { data, errors } = await identity.call<{ rotateSigningKey: Payload<{ signingKey: Key }> }>(
    ROTATE,
    { input: { idempotencyKey: randomUUID(), ...input } },
    { token },
  );
  return {
    key: data?.rotateSigningKey.signingKey,
    outcome: errors[0]?.extensions.code ?? data?.rotateSigningKey.refusal?.code,
  };
}

async function refreshed(session: Pick<TestSession, 'refreshToken'>) {
  const { data } = await identity.call<{ refreshSession: Payload<{ accessToken: string; refreshToken: string }> }>(
    REFRESH,
    { input: { refreshToken: session.refreshToken } },
  );
  const { accessToken, refreshToken } = data?.refreshSession ?? {};
  if (accessToken == null || refreshToken == null) throw new Error(JSON.stringify(data));
  return { accessToken, refreshToken };
}

const kidOf = (token: string): string => String(decodeProtectedHeader(token).kid);
const published = async (): Promise<string[]> => {
  const answer = await fetch(`${identity.url}/.well-known/jwks.json`);
  const { keys } = (await answer.json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
};
const statesOf = async (kid: string): Promise<unknown[]> =>
  (
    await identity.sql<{ state: string }>(
      `SELECT state FROM feed_row WHERE kind = 'KEY' AND subject = $1 ORDER BY sequence`,
      [kid],
    )
  ).map(({ state }) => state);
const atIdentity = async (token: string): Promise<number> =>
  (await identity.call('{ viewer { user { id } } }', {}, { token })).status;
const atAccounting = async (token: string): Promise<number> =>
  (await services.accounting.call('query ($id: ID!) { account(id: $id) { id } }', { id: newId('account') }, { token }))
    .status;

interface Given {
  readonly payee: string;
  readonly maximum: { readonly amount: string; readonly unit: string };
}

/** A mandate that the present key signed, of an hour. */
async function mandateGiven(payee = newId('account')) {
  const session = await identity.logIn(await identity.newPerson());
  const input = {
    accountId: newId('account'),
    payee,
    resource: 'room 1',
    maximum: { amount: '1', unit: 'CREDIT' },
    expiresAt: new Date(identity.clock.now().getTime() + 3_600_000).toISOString(),
  };
  const issued = await services.mutate('identity', 'issueMandate', input, 'mandate { token }', session.accessToken);
  return { session, input, mandate: thingOf<{ token: string }>(issued, 'mandate').token };
}

/** Rotates until a key verifies its mandates alone; returns the operator's tokens of then. */
async function turnedToMandates(kid: string): Promise<Pick<TestSession, 'accessToken' | 'refreshToken'>> {
  let tokens: Pick<TestSession, 'accessToken' | 'refreshToken'> = operator;
  await rotate();
  for (const seconds of [AHEAD_SECONDS, STOP_SECONDS]) {
    identity.clock.advance(seconds);
    tokens = await refreshed(tokens);
  }
  await rotate({}, tokens.accessToken);
  expect(await statesOf(kid)).toEqual(['PUBLISHED', 'MANDATES']);
  return tokens;
}

const hold = (mandate: string, { payee, maximum }: Given, token: string) =>
  services.mutate(
    'accounting',
    'placeHold',
    { mandate, creditAccountId: payee, amount: maximum, resource: 'room 1', reason: 'x' },
    'hold { id }',
    token,
  );

describe('a rotation', () => {
  it('publishes the next key in feed and JWKS before it signs, and the old one verifies until its tokens are dead', async () => {
    const old = kidOf(operator.accessToken);
    const { key } = await rotate();
    expect(key).toMatchObject({ state: 'PUBLISHED' });
    expect(Date.parse(key?.signsFrom ?? '') - Date.parse(key?.createdAt ?? '')).toBe(AHEAD_SECONDS * 1_000);
    expect((await published()).sort()).toEqual([old, key?.kid].sort());
    let session = await refreshed(operator);
    expect(kidOf(session.accessToken)).toBe(old);

    identity.clock.advance(AHEAD_SECONDS);
    const last = session.accessToken;
    session = await refreshed(session);
    expect(kidOf(session.accessToken)).toBe(key?.kid);
    for (const token of [last, session.accessToken]) {
      expect([await atIdentity(token), await atAccounting(token)]).toEqual([200, 200]);
    }

    identity.clock.advance(STOP_SECONDS);
    session = await refreshed(session);
    await rotate({}, session.accessToken);
    // By the machine's clock the token would still live; the key does not verify it any more.
    expect(await atIdentity(last)).toBe(401);
    await vi.waitFor(async () => expect(await atAccounting(last)).toBe(401), { timeout: 10_000 });
    expect([await atIdentity(session.accessToken), await atAccounting(session.accessToken)]).toEqual([200, 200]);
    expect(await published()).not.toContain(old);
    expect(await statesOf(old)).toEqual(['PUBLISHED', 'RETIRED']);
    const [stored] = await identity.sql('SELECT private_jwk FROM signing_key WHERE kid = $1', [old]);
    expect(stored).toEqual({ private_jwk: null });
  });

  it('keeps a key for the mandates that it signed, and for nothing else, until the last of them ends', async () => {
    const { session, input, mandate } = await mandateGiven();
    const old = kidOf(mandate);
    let tokens = await turnedToMandates(old);
    expect(await published()).not.toContain(old);
    expect(await atIdentity(session.accessToken)).toBe(401);
    // It is read, and judged: the account does not exist.
    const payee = await refreshed(await identity.logIn(await identity.newPerson()));
    const before = await hold(mandate, input, payee.accessToken);
    expect(before.payload?.refusal?.code ?? before.fault).not.toBe('INVALID_INPUT');

    identity.clock.advance(3_600);
    tokens = await refreshed(tokens);
    await rotate({}, tokens.accessToken);
    expect(await statesOf(old)).toEqual(['PUBLISHED', 'MANDATES', 'RETIRED']);
  });

  it('in need ends all keys before at once, and a session is refreshed with a fresh one', async () => {
    const old = kidOf(operator.accessToken);
    const { key } = await rotate({ retirePrevious: true });
    expect(await atIdentity(operator.accessToken)).toBe(401);
    await vi.waitFor(async () => expect(await atAccounting(operator.accessToken)).toBe(401), { timeout: 10_000 });
    const session = await refreshed(operator);
    expect(kidOf(session.accessToken)).toBe(key?.kid);
    expect([await atIdentity(session.accessToken), await atAccounting(session.accessToken)]).toEqual([200, 200]);
    expect(await published()).toEqual([key?.kid]);
    expect(await statesOf(old)).toEqual(['PUBLISHED', 'RETIRED']);
  });

  it('in need ends those too that verify mandates alone, with the mandates: their copies may be stolen as well', async () => {
    const ada = await identity.newPerson();
    const open = { name: 'theirs', unit: 'CREDIT', owner: { userId: ada.id } };
    const first = await identity.logIn(ada);
    const opened = await services.mutate('accounting', 'openAccount', open, 'account { id }', first.accessToken);
    const { input, mandate } = await mandateGiven(thingOf(opened, 'account').id);
    const old = kidOf(mandate);
    const tokens = await turnedToMandates(old);
    let payee = await refreshed(first);
    // It is read still: that nobody may spend from the account is seen later.
    expect((await hold(mandate, input, payee.accessToken)).payload?.refusal?.code).toBe('MANDATE_REVOKED');
    await rotate({ retirePrevious: true }, tokens.accessToken);
    expect(await statesOf(old)).toEqual(['PUBLISHED', 'MANDATES', 'RETIRED']);
    payee = await refreshed(payee);
    await vi.waitFor(
      async () => expect((await hold(mandate, input, payee.accessToken)).payload?.refusal?.code).toBe('INVALID_INPUT'),
      { timeout: 10_000 },
    );
  });

  it('is one for one key, and for operators alone', async () => {
    const idempotencyKey = randomUUID();
    const { key } = await rotate({ idempotencyKey });
    expect((await rotate({ idempotencyKey })).key).toEqual(key);
    expect((await rotate({ idempotencyKey, retirePrevious: true })).outcome).toBe('IDEMPOTENCY_KEY_REUSED');
    const person = await identity.logIn(await identity.newPerson());
    expect((await rotate({}, person.accessToken)).outcome).toBe('FORBIDDEN');
    expect(await published()).toHaveLength(2);
  });
});

describe('the schedule', () => {
  const planned = async (): Promise<Date[]> =>
    (
      await identity.sql<{ run_at: Date }>(
        `SELECT run_at FROM graphile_worker.jobs WHERE task_identifier = 'identity.turnSigningKeys' AND locked_at IS NULL`,
      )
    ).map(({ run_at }) => run_at);

  it('is a durable task, planned for a week later', async () => {
    const [first] = await identity.sql<{ signs_from: Date }>('SELECT signs_from FROM signing_key');
    const due = (first?.signs_from.getTime() ?? 0) + (7 * 24 * 3_600 - AHEAD_SECONDS) * 1_000;
    await vi.waitFor(async () => expect((await planned()).map(Number)).toEqual([due]), { timeout: 30_000 });
  });

  it('makes the next key by itself, also where its time came while nobody served', async () => {
    const old = kidOf(operator.accessToken);
    identity.clock.advance(8 * 24 * 3_600);
    await identity.restart();
    await vi.waitFor(async () => expect(await published()).toHaveLength(2), { timeout: 30_000 });
    identity.clock.advance(AHEAD_SECONDS + STOP_SECONDS);
    await identity.restart();
    await vi.waitFor(async () => expect(await published()).not.toContain(old), { timeout: 30_000 });
    const trail = await identity.sql(
      `SELECT detail->>'state' AS state FROM platform.audit_entry WHERE action = 'turnSigningKeys' ORDER BY id`,
    );
    expect(trail).toEqual([{ state: 'PUBLISHED' }, { state: 'RETIRED' }]);
  });
});

describe('under load', () => {
  it('three rotations fail no request', async () => {
    const CLIENTS = 4;
    let stopped = false;
    const cycles: number[] = Array.from({ length: CLIENTS }, () => 0);
    const failures: string[] = [];
    const kids = new Set<string>();
    const people = await Promise.all(Array.from({ length: CLIENTS }, () => identity.newPerson()));
    const sessions: TestSession[] = [];
    for (const person of people) sessions.push(await identity.logIn(person));
    // The first call makes the key that the others sign their assertions with.
    expect(await atAccounting(sessions[0]?.accessToken ?? '')).toBe(200);

    const clients = sessions.map(async (first, client) => {
      let session: Pick<TestSession, 'accessToken' | 'refreshToken'> = first;
      while (!stopped) {
        session = await refreshed(session).catch((error: unknown) => {
          failures.push(String(error));
          return session;
        });
        kids.add(kidOf(session.accessToken));
        const statuses = await Promise.all([atIdentity(session.accessToken), atAccounting(session.accessToken)]);
        if (statuses.some((status) => status !== 200)) failures.push(statuses.join(' '));
        cycles[client] = (cycles[client] ?? 0) + 1;
      }
    });
    /** Lets every client do whole rounds, so that nobody still holds a token from before. */
    const everybodyAround = async (): Promise<void> => {
      const before = [...cycles];
      await vi.waitFor(() => expect(cycles.every((count, client) => count >= (before[client] ?? 0) + 2)).toBe(true), {
        timeout: 60_000,
        interval: 5,
      });
    };
    const pass = async (seconds: number): Promise<void> => {
      for (let passed = 0; passed < seconds; passed += 60) {
        identity.clock.advance(60);
        await everybodyAround();
      }
    };

    let tokens: Pick<TestSession, 'accessToken' | 'refreshToken'> = operator;
    for (let rotation = 0; rotation < 3; rotation += 1) {
      tokens = await refreshed(tokens);
      expect((await rotate({}, tokens.accessToken)).outcome).toBeUndefined();
      await pass(AHEAD_SECONDS + STOP_SECONDS);
    }
    tokens = await refreshed(tokens);
    await rotate({}, tokens.accessToken);
    await everybodyAround();
    stopped = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(kids.size).toBe(4);
    expect(Math.min(...cycles)).toBeGreaterThan(100);
  });
});
