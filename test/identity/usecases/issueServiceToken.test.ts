import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type IdentityHarness, type Payload, startIdentityHarness } from '../support/identityHarness.js';

let identity: IdentityHarness;
let credentials: { clientId: string; clientSecret: string };

beforeAll(async () => {
  identity = await startIdentityHarness();
  const file = JSON.parse(await readFile(join(identity.home, 'controllers', 'local.json'), 'utf8'));
  credentials = { clientId: file.clientId, clientSecret: file.clientSecret };
});
afterAll(() => identity.stop());

const ISSUE = `mutation ($input: IssueServiceTokenInput!) { issueServiceToken(input: $input) {
  accessToken expiresAt scopes refusal { code } } }`;

async function issue(input: { clientId: string; clientSecret: string; scopes?: string[] | null }) {
  const { data, errors } = await identity.call<{
    issueServiceToken: Payload<{ accessToken: string; expiresAt: string; scopes: string[] }>;
  }>(ISSUE, { input });
  return data?.issueServiceToken ?? { accessToken: null, scopes: null, refusal: { code: errors[0]?.extensions.code } };
}

describe('issueServiceToken', () => {
  it('gives a token bound to scopes and clusters, for ten minutes', async () => {
    const payload = await issue(credentials);
    expect(payload).toMatchObject({ scopes: ['compute:control', 'accounting:usage'], refusal: null });
    expect(decodeProtectedHeader(payload.accessToken ?? '')).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const claims = decodeJwt(payload.accessToken ?? '');
    expect(claims).toMatchObject({
      sub: wellKnown.serviceAccountLocalController,
      aud: 'tollgate',
      scope: 'compute:control accounting:usage',
      clusterIds: [wellKnown.clusterLocal],
    });
    expect(claims.exp).toBe(identity.clock.now().getTime() / 1000 + 600);
    const { data } = await identity.call(
      '{ viewer { user { id } session { id } scopes serviceAccount { id name scopes clusterIds } } }',
      {},
      { token: payload.accessToken ?? '' },
    );
    expect(data).toEqual({
      viewer: {
        user: null,
        session: null,
        scopes: ['compute:control', 'accounting:usage'],
        serviceAccount: {
          id: wellKnown.serviceAccountLocalController,
          name: 'local controller',
          scopes: ['compute:control', 'accounting:usage'],
          clusterIds: [wellKnown.clusterLocal],
        },
      },
    });
  });

  it('gives some of the scopes, and refuses more with SCOPE_EXCEEDED', async () => {
    expect(await issue({ ...credentials, scopes: [] })).toMatchObject({ scopes: [], refusal: null });
    expect(await issue({ ...credentials, scopes: ['compute:control', 'compute:control'] })).toMatchObject({
      scopes: ['compute:control'],
    });
    expect(await issue({ ...credentials, scopes: ['compute:control', 'accounting:deposit'] })).toMatchObject({
      accessToken: null,
      refusal: { code: 'SCOPE_EXCEEDED' },
    });
  });

  it('refuses alike a wrong secret, an unknown account and a disabled one', async () => {
    const outcomes = [
      await issue({ ...credentials, clientSecret: 'wrong' }),
      await issue({ ...credentials, clientSecret: '' }),
      await issue({ ...credentials, clientSecret: 'x'.repeat(100_000) }),
      await issue({ ...credentials, clientId: newId('serviceAccount') }),
      await issue({ ...credentials, clientId: 'nonsense' }),
    ];
    await identity.sql('UPDATE service_account SET disabled_at = now()');
    outcomes.push(await issue(credentials));
    await identity.sql('UPDATE service_account SET disabled_at = NULL');
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    expect(outcomes[0]?.refusal?.code).toBe('INVALID_CREDENTIALS');
  });

  it('turns guessers away after ten wrong secrets', async () => {
    const guess = { clientId: newId('serviceAccount'), clientSecret: 'guess' };
    for (let index = 0; index < 10; index += 1) expect((await issue(guess)).refusal?.code).toBe('INVALID_CREDENTIALS');
    expect((await issue(guess)).refusal?.code).toBe('RATE_LIMITED');
  });

  it('takes the right secret after 2,000 wrong ones from the same network, and log-ins go on there', async () => {
    const outcomes: (string | undefined)[] = [];
    for (let batch = 0; batch < 40; batch += 1) {
      const guesses = Array.from({ length: 50 }, (_value, index) =>
        issue({ clientId: index % 2 === 0 ? credentials.clientId : newId('serviceAccount'), clientSecret: 'guess' }),
      );
      outcomes.push(...(await Promise.all(guesses)).map((payload) => payload.refusal?.code));
    }
    expect(outcomes).toHaveLength(2_000);
    expect(new Set(outcomes)).toEqual(new Set(['INVALID_CREDENTIALS', 'RATE_LIMITED']));
    expect((await issue(credentials)).refusal).toBeNull();
    const person = await identity.newPerson();
    expect((await identity.logIn(person)).accessToken).toMatch(/^eyJ/);
    // What was turned away left nothing in the trail.
    const [trail] = await identity.sql<{ count: string }>(
      `SELECT count(*) FROM platform.audit_entry WHERE action = 'issueServiceToken' AND outcome = 'RATE_LIMITED'`,
    );
    expect(trail?.count).toBe('0');
  });
});
