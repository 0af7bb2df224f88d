import { randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { IdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentityAndAccounting, type TwoServices } from '../../support/identityAndAccounting.js';
import type { IdentityHarness, TestSession } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

const AHEAD_SECONDS = 300;
const MARGIN_SECONDS = 60;

let services: TwoServices;
let identity: IdentityHarness;
/** What the next start is configured with. */
let config: { -readonly [Name in keyof IdentityConfig]?: IdentityConfig[Name] };
let operator: TestSession;

beforeEach(async () => {
  config = {};
  services = await startIdentityAndAccounting(config);
  identity = services.identity;
  operator = await identity.logIn(await identity.operator());
});
afterEach(() => services.stop());

async function refreshed({ refreshToken }: Pick<TestSession, 'refreshToken'>) {
  const { payload } = await runMutation<{ accessToken: string; refreshToken: string }>(
    identity,
    'refreshSession',
    { refreshToken },
    'accessToken refreshToken',
  );
  const { accessToken, refreshToken: next } = payload ?? {};
  if (accessToken == null || next == null) throw new Error(JSON.stringify(payload));
  return { accessToken, refreshToken: next };
}

/** What both services, each of which verifies by itself, answer to a token. */
async function statusesOf(token: string): Promise<readonly number[]> {
  const query = `{ account(id: "${newId('account')}") { id } }`;
  return [
    (await identity.call('{ viewer { user { id } } }', {}, { token })).status,
    (await services.accounting.call(query, {}, { token })).status,
  ];
}

const isTakenBy = (status: number) => (token: string) =>
  vi.waitFor(async () => expect(await statusesOf(token)).toEqual([status, status]), { timeout: 10_000 });
const isTaken = isTakenBy(200);
const isDead = isTakenBy(401);
const algorithmOf = (token: string) => decodeProtectedHeader(token).alg;
const lifeOf = (token: string): number => Number(decodeJwt(token).exp) - Number(decodeJwt(token).iat);

async function keys(): Promise<readonly { algorithm: string; state: string }[]> {
  const shown = await identity.call<{ signingKeys: { nodes: { algorithm: string; state: string }[] } }>(
    '{ signingKeys { nodes { algorithm state } } }',
    {},
    { token: operator.accessToken },
  );
  return shown.data?.signingKeys.nodes ?? [];
}

const turn = async () => {
  const idempotencyKey = randomUUID();
  await runMutation(identity, 'rotateSigningKey', { idempotencyKey }, '', { token: operator.accessToken });
};

describe('another algorithm on a home that has keys', () => {
  it('makes a key that is known before it signs, and keeps the one before until its tokens have ended', async () => {
    const first = operator.accessToken;
    config.tokenAlgorithm = 'EdDSA';
    await identity.restart();
    expect(await keys()).toEqual([
      { algorithm: 'EdDSA', state: 'PUBLISHED' },
      { algorithm: 'ES256', state: 'PUBLISHED' },
    ]);
    const answer = await fetch(`${identity.url}/.well-known/jwks.json`);
    const published = (await answer.json()) as { keys: { alg: string }[] };
    expect(published.keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'EdDSA']);
    operator = { ...operator, ...(await refreshed(operator)) };
    expect(algorithmOf(operator.accessToken)).toBe('ES256');

    identity.clock.advance(AHEAD_SECONDS);
    const last = operator.accessToken;
    operator = { ...operator, ...(await refreshed(operator)) };
    expect(algorithmOf(operator.accessToken)).toBe('EdDSA');
    for (const token of [first, last, operator.accessToken]) await isTaken(token);

    identity.clock.advance(600 + MARGIN_SECONDS);
    operator = { ...operator, ...(await refreshed(operator)) };
    await identity.restart();
    await isDead(last);
    await isTaken(operator.accessToken);
    expect(await keys()).toEqual([
      { algorithm: 'EdDSA', state: 'PUBLISHED' },
      { algorithm: 'ES256', state: 'RETIRED' },
    ]);
  });

  it('is one key however often and by however many it is started, and goes back likewise', async () => {
    config.tokenAlgorithm = 'RS256';
    await identity.restart();
    await identity.restart();
    expect((await keys()).map(({ algorithm }) => algorithm)).toEqual(['RS256', 'ES256']);
    config.tokenAlgorithm = 'ES256';
    identity.clock.advance(1);
    await identity.restart();
    expect((await keys()).map(({ algorithm }) => algorithm)).toEqual(['ES256', 'RS256', 'ES256']);
  });

  it('is that of the keys which rotation makes', async () => {
    config.tokenAlgorithm = 'RS256';
    await identity.restart();
    identity.clock.advance(AHEAD_SECONDS);
    operator = { ...operator, ...(await refreshed(operator)) };
    await turn();
    expect((await keys())[0]).toEqual({ algorithm: 'RS256', state: 'PUBLISHED' });
  });
});

describe('another lifetime of tokens', () => {
  it('is that of every token from the next start on', async () => {
    expect(lifeOf(operator.accessToken)).toBe(600);
    config.tokenLifetimeMs = 3_600_000;
    await identity.restart();
    operator = { ...operator, ...(await refreshed(operator)) };
    expect(lifeOf(operator.accessToken)).toBe(3_600);
    const narrowed = await runMutation<{ accessToken: string }>(
      identity,
      'exchangeToken',
      { subjectToken: operator.accessToken, audience: 'storage', scopes: ['storage:read'] },
      'accessToken',
      { token: operator.accessToken },
    );
    expect(lifeOf(narrowed.payload?.accessToken ?? '')).toBe(3_600);
  });

  it('keeps a key for the tokens it signed, also where they are shorter now', async () => {
    config.tokenLifetimeMs = 1_800_000;
    await identity.restart();
    const long = await refreshed(operator);
    config.tokenLifetimeMs = 60_000;
    await identity.restart();
    operator = { ...operator, ...(await refreshed(long)) };
    expect(lifeOf(operator.accessToken)).toBe(60);
    await turn();
    identity.clock.advance(AHEAD_SECONDS + 1_800);
    operator = { ...operator, ...(await refreshed(operator)) };
    await identity.restart();
    // By then a key with tokens of a minute would have been stopped; by the machine's clock this one still lives.
    await isTaken(long.accessToken);
    identity.clock.advance(MARGIN_SECONDS);
    operator = { ...operator, ...(await refreshed(operator)) };
    await identity.restart();
    await isDead(long.accessToken);
  });
});
