import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { type IdentityHarness, startIdentityHarness, type TestPerson } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

interface Listed {
  readonly viewer: {
    readonly user: {
      readonly sessions: {
        readonly nodes: readonly {
          id: string;
          current: boolean;
          ipAddress: string;
          userAgent: string;
          clientName: string | null;
          lastUsedAt: string;
        }[];
      };
    };
  };
}

const list = async (token: string) =>
  (
    await identity.call<Listed>(
      '{ viewer { user { sessions { nodes { id current ipAddress userAgent clientName lastUsedAt } } } } }',
      {},
      { token },
    )
  ).data?.viewer.user.sessions.nodes;

const isAlive = async (token: string): Promise<boolean> =>
  (await identity.call('{ viewer { scopes } }', {}, { token })).status === 200;

const logInTimes = async (person: TestPerson, times: number) => {
  const sessions = [];
  for (let time = 0; time < times; time += 1) sessions.push(await identity.logIn(person));
  return sessions;
};

const revoke = (token: string | undefined, sessionId: string) =>
  runMutation<{ session: { id: string; current: boolean; expiresAt: string } }>(
    identity,
    'revokeSession',
    { sessionId },
    'session { id current expiresAt }',
    token === undefined ? {} : { token },
  );

const revokeOthers = (token: string, input: { exceptSessionId?: string } = {}) =>
  runMutation<{ session: { id: string }; ended: string }>(
    identity,
    'revokeOtherSessions',
    input,
    'session { id } ended',
    {
      token,
    },
  );

describe('sessions', () => {
  it('are listed with device, address and last use, the newest first, those that ended left out', async () => {
    const person = await identity.newPerson();
    const [first, second, third] = await logInTimes(person, 3);
    await revoke(third?.accessToken, second?.sessionId ?? '');
    const nodes = await list(third?.accessToken ?? '');
    expect(nodes).toEqual([
      expect.objectContaining({ id: third?.sessionId, current: true, ipAddress: '192.0.2.1', userAgent: 'test' }),
      expect.objectContaining({ id: first?.sessionId, current: false, clientName: null }),
    ]);
    expect(nodes?.[0]?.lastUsedAt).toBe(identity.clock.now().toISOString());
  });
});

describe('revokeSession', () => {
  it('ends one session at once and no other, and again without effect', async () => {
    const person = await identity.newPerson();
    const [first, second] = await logInTimes(person, 2);
    for (const _time of [1, 2]) {
      const { payload } = await revoke(second?.accessToken, first?.sessionId ?? '');
      expect(payload).toEqual({
        session: { id: first?.sessionId, current: false, expiresAt: identity.clock.now().toISOString() },
        refusal: null,
      });
    }
    expect(await isAlive(first?.accessToken ?? '')).toBe(false);
    expect(await isAlive(second?.accessToken ?? '')).toBe(true);
    const entries = await identity.sql(
      "SELECT outcome FROM platform.audit_entry WHERE action = 'revokeSession' AND target = $1",
      [first?.sessionId],
    );
    expect(entries).toEqual([{ outcome: 'OK' }]);
    const [row] = await identity.sql('SELECT end_reason FROM session WHERE id = $1', [first?.sessionId]);
    expect(row).toEqual({ end_reason: 'REVOKED' });
  });

  it("answers NOT_FOUND for another's session as for one that nobody has, to operators too", async () => {
    const mine = await identity.logIn(await identity.newPerson());
    const theirs = await identity.logIn(await identity.newPerson());
    const operator = await identity.logIn(await identity.operator());
    for (const { accessToken } of [mine, operator]) {
      for (const id of [theirs.sessionId, newId('session'), newId('user'), 'nonsense', '']) {
        expect((await revoke(accessToken, id)).outcome).toBe('NOT_FOUND');
      }
      expect((await revokeOthers(accessToken, { exceptSessionId: theirs.sessionId })).outcome).toBe('NOT_FOUND');
    }
    expect(await isAlive(theirs.accessToken)).toBe(true);
    expect(await isAlive(mine.accessToken)).toBe(true);
  });

  it('is for people: UNAUTHENTICATED without a token, FORBIDDEN for services', async () => {
    expect((await revoke(undefined, newId('session'))).outcome).toBe('UNAUTHENTICATED');
    const asService = await runMutation(identity, 'revokeSession', { sessionId: newId('session') }, '', {
      as: 'access',
    });
    expect(asService.outcome).toBe('FORBIDDEN');
  });
});

describe('revokeOtherSessions', () => {
  it("ends all but the present one, or all but the one named, and nobody else's", async () => {
    const person = await identity.newPerson();
    const other = await identity.logIn(await identity.newPerson());
    const [first, second, third] = await logInTimes(person, 3);
    const { payload } = await revokeOthers(second?.accessToken ?? '');
    expect(payload).toEqual({ session: { id: second?.sessionId }, ended: '2', refusal: null });
    for (const [session, alive] of [
      [first, false],
      [second, true],
      [third, false],
      [other, true],
    ] as const) {
      expect(await isAlive(session?.accessToken ?? '')).toBe(alive);
    }
    const fourth = await identity.logIn(person);
    const named = await revokeOthers(second?.accessToken ?? '', { exceptSessionId: fourth.sessionId });
    expect(named.payload).toMatchObject({ session: { id: fourth.sessionId }, ended: '1' });
    expect(await isAlive(second?.accessToken ?? '')).toBe(false);
    expect(await isAlive(fourth.accessToken)).toBe(true);
  });

  it('tells the feed of each session that it ended', async () => {
    const [first, second] = await logInTimes(await identity.newPerson(), 2);
    await revokeOthers(second?.accessToken ?? '');
    const rows = await identity.sql('SELECT state FROM feed_row WHERE subject = $1', [first?.sessionId]);
    expect(rows).toEqual([{ state: 'REVOKED' }]);
  });
});

describe('logOut with all', () => {
  it('ends every session, the present one included, and stays so after a restart', async () => {
    const person = await identity.newPerson();
    const sessions = await logInTimes(person, 3);
    const token = sessions[1]?.accessToken ?? '';
    const { payload } = await runMutation<{ session: { id: string } }>(
      identity,
      'logOut',
      { all: true },
      'session { id expiresAt }',
      { token },
    );
    expect(payload?.session).toEqual({ id: sessions[1]?.sessionId, expiresAt: identity.clock.now().toISOString() });
    await identity.restart();
    for (const { accessToken, refreshToken } of sessions) {
      expect(await isAlive(accessToken)).toBe(false);
      expect((await runMutation(identity, 'refreshSession', { refreshToken })).outcome).toBe('INVALID_REFRESH_TOKEN');
    }
  });

  it('refuses to name one session and all with INVALID_INPUT', async () => {
    const { accessToken, sessionId } = await identity.logIn(await identity.newPerson());
    const both = await runMutation(identity, 'logOut', { all: true, sessionId }, '', { token: accessToken });
    expect(both.outcome).toBe('INVALID_INPUT');
    expect(await isAlive(accessToken)).toBe(true);
  });
});
