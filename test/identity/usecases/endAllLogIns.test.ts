import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { afterRestore } from '../../../subgraphs/identity/afterRestore.js';
import { startIdentityAndAccounting, type TwoServices, thingOf } from '../../support/identityAndAccounting.js';
import type { IdentityHarness, TestSession } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

let services: TwoServices;
let identity: IdentityHarness;
let session: TestSession;
beforeEach(async () => {
  services = await startIdentityAndAccounting();
  identity = services.identity;
  session = await identity.logIn(await identity.newPerson());
});
afterEach(() => services.stop());

/** What `tollgate restore` does to identity, and its next start. */
async function restored(): Promise<number> {
  const ended = await afterRestore(identity.home, identity.settings.database.appUrl);
  await identity.restart();
  return ended;
}

const kidOf = (token: string): string => String(decodeProtectedHeader(token).kid);
const statuses = async (token: string): Promise<readonly number[]> => {
  const account = 'query ($id: ID!) { account(id: $id) { id } }';
  const answers = [
    identity.call('{ viewer { user { id } } }', {}, { token }),
    services.accounting.call(account, { id: newId('account') }, { token }),
  ];
  return (await Promise.all(answers)).map(({ status }) => status);
};
const everywhere = (token: string, status: number): Promise<void> =>
  vi.waitFor(async () => expect(await statuses(token)).toEqual([status, status]), { timeout: 20_000 });

describe('after a restore', () => {
  it('no access token of before counts, also of a session that the backup does not know', async () => {
    const later = await identity.logIn(await identity.newPerson());
    await everywhere(later.accessToken, 200);
    // As after the point: it was opened, and nothing remembers it.
    await identity.sql('DELETE FROM refresh_token WHERE session_id = $1', [later.sessionId]);
    await identity.sql('DELETE FROM session WHERE id = $1', [later.sessionId]);
    expect(await restored()).toBe(1);
    for (const { accessToken } of [session, later]) await everywhere(accessToken, 401);
    const refreshed = await runMutation(identity, 'refreshSession', { refreshToken: session.refreshToken });
    expect(refreshed.outcome).toBe('INVALID_REFRESH_TOKEN');
  });

  it('a fresh key signs, and the one before verifies mandates and nothing else', async () => {
    const before = kidOf(session.accessToken);
    const mandate = {
      accountId: newId('account'),
      payee: newId('account'),
      resource: 'room 1',
      maximum: { amount: '1', unit: 'CREDIT' },
      expiresAt: new Date(Date.now() + 30 * 24 * 3_600_000).toISOString(),
    };
    const issued = await services.mutate('identity', 'issueMandate', mandate, 'mandate { token }', session.accessToken);
    const { token } = thingOf<{ token: string }>(issued, 'mandate');
    expect(kidOf(token)).toBe(before);
    await restored();
    const rows = await identity.sql<{ state: string }>(
      `SELECT state FROM feed_row WHERE kind = 'KEY' AND subject = $1 ORDER BY sequence`,
      [before],
    );
    expect(rows.map(({ state }) => state)).toEqual(['PUBLISHED', 'MANDATES']);
    const jwks = (await (await fetch(`${identity.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
    const next = await identity.logIn(await identity.newPerson());
    expect(jwks.keys.map(({ kid }) => kid)).toEqual([kidOf(next.accessToken)]);
    expect(kidOf(next.accessToken)).not.toBe(before);
    await everywhere(next.accessToken, 200);
    const { payee: creditAccountId, maximum: amount, resource } = mandate;
    const hold = { mandate: token, creditAccountId, amount, resource, reason: 'x' };
    const placed = await services.mutate('accounting', 'placeHold', hold, 'hold { id }', next.accessToken);
    // It is read, and judged: one that no key verifies is INVALID_INPUT.
    expect(placed.payload?.refusal?.code ?? placed.fault).not.toBe('INVALID_INPUT');
  });

  it.each(['begun', 'approved'])('a device login that was %s gets nothing', async (state) => {
    const fields = 'deviceCode userCode';
    const started = await runMutation<{ deviceCode: string; userCode: string }>(
      identity,
      'startDeviceLogin',
      { clientName: 'cli' },
      fields,
    );
    const { deviceCode, userCode } = started.payload ?? {};
    if (state === 'approved') {
      const approved = await runMutation(identity, 'approveDeviceLogin', { userCode }, '', {
        token: session.accessToken,
      });
      expect(approved.outcome).toBe('OK');
    }
    await restored();
    expect((await runMutation(identity, 'pollDeviceLogin', { deviceCode })).outcome).toBe('ACCESS_DENIED');
    const next = await identity.logIn(await identity.newPerson());
    const late = await runMutation(identity, 'approveDeviceLogin', { userCode }, '', { token: next.accessToken });
    expect(late.outcome).not.toBe('OK');
    expect((await runMutation(identity, 'pollDeviceLogin', { deviceCode })).outcome).not.toBe('OK');
  });
});
