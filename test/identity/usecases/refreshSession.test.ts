import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityHarness, type Payload, startIdentityHarness } from '../support/identityHarness.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

const REFRESH = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) {
  accessToken refreshToken expiresAt session { id current lastUsedAt expiresAt } refusal { code } } }`;

interface Refreshed {
  readonly refreshSession: Payload<{
    accessToken: string;
    refreshToken: string;
    session: { id: string; current: boolean; lastUsedAt: string; expiresAt: string };
  }>;
}

async function refresh(refreshToken: string) {
  const { data } = await identity.call<Refreshed>(REFRESH, { input: { refreshToken } });
  return data?.refreshSession;
}

const isAlive = async (token: string): Promise<boolean> =>
  (await identity.call('{ viewer { scopes } }', {}, { token })).status === 200;

describe('refreshSession', () => {
  it('gives the next tokens of the same session and moves its expiry', async () => {
    const opened = await identity.logIn(await identity.newPerson());
    identity.clock.advance(60);
    const payload = await refresh(opened.refreshToken);
    expect(payload?.refusal).toBeNull();
    expect(payload?.session).toMatchObject({ id: opened.sessionId, current: true });
    expect(payload?.session?.lastUsedAt).toBe(identity.clock.now().toISOString());
    expect(payload?.refreshToken).not.toBe(opened.refreshToken);
    expect(await isAlive(payload?.accessToken ?? '')).toBe(true);
  });

  it('ends the family when a token is used again', async () => {
    const opened = await identity.logIn(await identity.newPerson());
    const next = await refresh(opened.refreshToken);
    expect((await refresh(opened.refreshToken))?.refusal?.code).toBe('INVALID_REFRESH_TOKEN');
    expect((await refresh(next?.refreshToken ?? ''))?.refusal?.code).toBe('INVALID_REFRESH_TOKEN');
    expect(await isAlive(next?.accessToken ?? '')).toBe(false);
    expect(await isAlive(opened.accessToken)).toBe(false);
    const rows = await identity.sql("SELECT state FROM feed_row WHERE kind = 'SESSION' AND subject = $1", [
      opened.sessionId,
    ]);
    expect(rows).toEqual([{ state: 'REVOKED' }]);
  });

  it('gives one pair for 20 parallel uses, and ends the family', async () => {
    const opened = await identity.logIn(await identity.newPerson());
    const payloads = await Promise.all(Array.from({ length: 20 }, () => refresh(opened.refreshToken)));
    const given = payloads.filter((payload) => payload?.refusal === null);
    expect(given).toHaveLength(1);
    expect(payloads.filter((payload) => payload?.refusal?.code === 'INVALID_REFRESH_TOKEN')).toHaveLength(19);
    expect(await isAlive(given[0]?.accessToken ?? '')).toBe(false);
    const [row] = await identity.sql('SELECT end_reason FROM session WHERE id = $1', [opened.sessionId]);
    expect(row).toEqual({ end_reason: 'REFRESH_TOKEN_REUSED' });
  });

  it.each(['', 'tgr_unknown', 'x'.repeat(100_000)])('refuses what is no token: %#', async (token) => {
    expect(await refresh(token)).toMatchObject({
      accessToken: null,
      refreshToken: null,
      session: null,
      refusal: { code: 'INVALID_REFRESH_TOKEN' },
    });
  });

  it('refuses an access token in its place, and a refresh token in place of an access token', async () => {
    const opened = await identity.logIn(await identity.newPerson());
    expect((await refresh(opened.accessToken))?.refusal?.code).toBe('INVALID_REFRESH_TOKEN');
    const answer = await identity.call('{ viewer { scopes } }', {}, { token: opened.refreshToken });
    expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('ends 12 hours after the last use, 30 days after the log-in, and with the person', async () => {
    const idle = await identity.logIn(await identity.newPerson());
    const person = await identity.newPerson();
    const disabled = await identity.logIn(person);
    await identity.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [person.id]);
    expect((await refresh(disabled.refreshToken))?.refusal?.code).toBe('INVALID_REFRESH_TOKEN');
    identity.clock.advance(12 * 3_600);
    expect((await refresh(idle.refreshToken))?.refusal?.code).toBe('INVALID_REFRESH_TOKEN');
    let { refreshToken } = await identity.logIn(await identity.newPerson());
    for (let hours = 0; hours < 30 * 24 - 11; hours += 11) {
      identity.clock.advance(11 * 3_600);
      const next = await refresh(refreshToken);
      if (next?.refreshToken == null) throw new Error(`refused after ${hours} hours`);
      refreshToken = next.refreshToken;
    }
    identity.clock.advance(11 * 3_600);
    expect((await refresh(refreshToken))?.refusal?.code).toBe('INVALID_REFRESH_TOKEN');
  });
});
