import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { type IdentityHarness, type Payload, startIdentityHarness } from '../support/identityHarness.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

const LOG_OUT = `mutation ($input: LogOutInput!) { logOut(input: $input) {
  session { id expiresAt current } refusal { code } } }`;

const logOut = (token: string | undefined, input: { sessionId?: string | null } = {}) =>
  identity.call<{ logOut: Payload<{ session: { id: string; expiresAt: string; current: boolean } }> }>(
    LOG_OUT,
    { input },
    token === undefined ? {} : { token },
  );

const statusOf = async (token: string): Promise<number> =>
  (await identity.call('{ viewer { scopes } }', {}, { token })).status;

describe('logOut', () => {
  it('ends the current session at once, with its refresh token, and tells the feed', async () => {
    const opened = await identity.logIn(await identity.newPerson());
    const { data } = await logOut(opened.accessToken);
    expect(data?.logOut).toEqual({
      session: { id: opened.sessionId, expiresAt: identity.clock.now().toISOString(), current: true },
      refusal: null,
    });
    expect(await statusOf(opened.accessToken)).toBe(401);
    const refreshed = await identity.call<{ refreshSession: Payload<object> }>(
      'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { refusal { code } } }',
      { input: { refreshToken: opened.refreshToken } },
    );
    expect(refreshed.data?.refreshSession.refusal?.code).toBe('INVALID_REFRESH_TOKEN');
    const rows = await identity.sql('SELECT kind, state FROM feed_row WHERE subject = $1', [opened.sessionId]);
    expect(rows).toEqual([{ kind: 'SESSION', state: 'REVOKED' }]);
  });

  it('ends another session of one’s own, and again without effect', async () => {
    const person = await identity.newPerson();
    const [first, second] = [await identity.logIn(person), await identity.logIn(person)];
    for (const _time of [1, 2]) {
      const { data } = await logOut(second.accessToken, { sessionId: first.sessionId });
      expect(data?.logOut.session).toMatchObject({ id: first.sessionId, current: false });
    }
    expect(await statusOf(first.accessToken)).toBe(401);
    expect(await statusOf(second.accessToken)).toBe(200);
    expect(await identity.sql('SELECT 1 FROM feed_row WHERE subject = $1', [first.sessionId])).toHaveLength(1);
  });

  it("answers NOT_FOUND for another's session as for one that nobody has, and leaves it alone", async () => {
    const [mine, theirs] = [
      await identity.logIn(await identity.newPerson()),
      await identity.logIn(await identity.newPerson()),
    ];
    const operator = await identity.logIn(await identity.operator());
    for (const token of [mine.accessToken, operator.accessToken]) {
      const answers = await Promise.all(
        [theirs.sessionId, newId('session'), newId('user'), 'nonsense', ''].map((sessionId) =>
          logOut(token, { sessionId }),
        ),
      );
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(answers[0]?.errors[0]?.extensions.code).toBe('NOT_FOUND');
    }
    expect(await statusOf(theirs.accessToken)).toBe(200);
    const entries = await identity.sql(
      "SELECT 1 FROM platform.audit_entry WHERE action = 'logOut' AND outcome = 'NOT_FOUND'",
    );
    expect(entries).toHaveLength(10);
  });

  it('is for people: UNAUTHENTICATED without a token, FORBIDDEN for services', async () => {
    expect((await logOut(undefined)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const answer = await identity.call(LOG_OUT, { input: {} }, { as: 'access' });
    expect(answer.errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('stays ended after a restart', async () => {
    const opened = await identity.logIn(await identity.newPerson());
    await logOut(opened.accessToken);
    await identity.restart();
    expect(await statusOf(opened.accessToken)).toBe(401);
  });
});
