import { randomUUID } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { startIdentityAndAccounting, type TwoServices, thingOf } from '../../support/identityAndAccounting.js';
import { TEST_ISSUER } from '../../support/testIdentity.js';
import type { IdentityHarness, TestPerson } from '../support/identityHarness.js';
import { mintToken } from '../support/mintToken.js';

let services: TwoServices;
let identity: IdentityHarness;
let operator: string;
let ada: TestPerson;
let adas: string;
let bobs: string;

beforeAll(async () => {
  services = await startIdentityAndAccounting();
  identity = services.identity;
  operator = (await identity.logIn(await identity.operator())).accessToken;
  ada = await identity.newPerson();
  adas = (await identity.logIn(ada)).accessToken;
  bobs = (await identity.logIn(await identity.newPerson())).accessToken;
});
afterAll(() => services.stop());

interface Mandate {
  readonly id: string;
  readonly token: string;
}
const SELECTION = 'mandate { id token accountId payeeId resource maximum { amount unit } expiresAt once revokedAt }';
const accountId = newId('account');
const payee = newId('account');
const inOneHour = () => new Date(identity.clock.now().getTime() + 3_600_000).toISOString();
const issue = (change: object = {}, token = adas) =>
  services.mutate(
    'identity',
    'issueMandate',
    {
      accountId,
      payee,
      resource: 'room 1',
      maximum: { amount: '12.5', unit: 'CREDIT' },
      expiresAt: inOneHour(),
      once: true,
      ...change,
    },
    SELECTION,
    token,
  );
const revoke = (mandateId: string, token: string) =>
  services.mutate('identity', 'revokeMandate', { idempotencyKey: null, mandateId }, SELECTION, token);

describe('issueMandate', () => {
  it('gives a signed statement of its own type, which is no access token', async () => {
    const mandate = thingOf<Mandate>(await issue(), 'mandate');
    expect(mandate).toMatchObject({
      id: expect.stringMatching(/^mnd_/),
      accountId,
      payeeId: payee,
      maximum: { amount: '12.5', unit: 'CREDIT' },
      once: true,
      revokedAt: null,
    });
    expect(decodeProtectedHeader(mandate.token)).toMatchObject({ alg: 'ES256', typ: 'mandate+jwt' });
    const keys = createRemoteJWKSet(new URL(`${identity.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(mandate.token, keys, { typ: 'mandate+jwt', issuer: TEST_ISSUER });
    expect(payload).toEqual({
      iss: TEST_ISSUER,
      aud: 'accounting',
      sub: ada.id,
      jti: mandate.id,
      exp: expect.any(Number),
      account: accountId,
      payee,
      resource: 'room 1',
      maximum: '12.5',
      unit: 'CREDIT',
      once: true,
    });
    for (const service of [identity, services.accounting]) {
      expect((await service.call('{ __typename }', {}, { token: mandate.token })).status).toBe(401);
    }
    const exchanged = await services.mutate(
      'identity',
      'exchangeToken',
      { idempotencyKey: null, subjectToken: mandate.token, audience: 'accounting', scopes: [] },
      'accessToken',
      adas,
    );
    expect(exchanged.payload?.refusal?.code).toBe('INVALID_SUBJECT_TOKEN');
  });

  it('gives the same one for the same key, and takes `once` as false where nobody says', async () => {
    const input = { idempotencyKey: randomUUID(), once: undefined, expiresAt: inOneHour() };
    const first = thingOf<Mandate>(await issue(input), 'mandate');
    expect(first).toMatchObject({ once: false });
    const again = thingOf<Mandate>(await issue({ ...input, once: false }), 'mandate');
    expect(again.id).toBe(first.id);
    expect((await issue({ ...input, once: true })).payload?.refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it.each([
    [{ payee: accountId }, 'ACCOUNTS_MUST_DIFFER'],
    [{ resource: '' }, 'INVALID_INPUT'],
    [{ resource: 'x'.repeat(256) }, 'INVALID_INPUT'],
    [{ resource: 'x\0' }, 'INVALID_INPUT'],
    [{ maximum: { amount: '0', unit: 'CREDIT' } }, 'AMOUNT_NOT_POSITIVE'],
    [{ maximum: { amount: '0.0000001', unit: 'CREDIT' } }, 'AMOUNT_TOO_PRECISE'],
    [{ maximum: { amount: '9223372036854.775808', unit: 'CREDIT' } }, 'AMOUNT_TOO_LARGE'],
    [{ maximum: { amount: '1', unit: 'x' } }, 'UNIT_UNKNOWN'],
    [{ expiresAt: '2020-01-01T00:00:00.000Z' }, 'INVALID_INPUT'],
    [{ expiresAt: '2099-01-01T00:00:00.000Z' }, 'INVALID_INPUT'],
  ])('refuses %j', async (change, code) => {
    expect((await issue(change)).payload).toMatchObject({ mandate: null, refusal: { code } });
  });

  it('answers NOT_FOUND for what is no account’s id, FORBIDDEN for a token that may not spend', async () => {
    expect((await issue({ accountId: newId('user') })).fault).toBe('NOT_FOUND');
    expect((await issue({ payee: 'x\0' })).fault).toBe('NOT_FOUND');
    const { sub, sid } = decodeJwt(adas);
    const narrow = await mintToken(identity, {
      subject: String(sub),
      audience: 'identity',
      sessionId: String(sid),
      scopes: ['identity:groups'],
      act: null,
      clusterIds: null,
      expiresAt: new Date(identity.clock.now().getTime() + 600_000),
    });
    expect((await issue({}, narrow)).fault).toBe('FORBIDDEN');
  });
});

describe('revokeMandate', () => {
  it('is for who gave it and operators, tells the feed once, and shows no token', async () => {
    const { id } = thingOf<Mandate>(await issue(), 'mandate');
    for (const unknown of [id, newId('mandate'), newId('user'), '', 'x\0']) {
      expect((await revoke(unknown, bobs)).fault).toBe('NOT_FOUND');
    }
    const revoked = await revoke(id, adas);
    expect(revoked.payload?.['mandate']).toMatchObject({ id, token: null, revokedAt: expect.any(String) });
    expect((await revoke(id, operator)).payload).toEqual(revoked.payload);
    const rows = await identity.sql(`SELECT state FROM feed_row WHERE kind = 'MANDATE' AND subject = $1`, [id]);
    expect(rows).toEqual([{ state: 'REVOKED' }]);
    const other = thingOf<Mandate>(await issue(), 'mandate');
    expect((await revoke(other.id, operator)).payload?.refusal).toBeNull();
  });
});

it('a mandate is given at identity, used at accounting and refused there once it is revoked', async () => {
  const open = async (person: TestPerson | null, token: string) => {
    const me = await identity.call<{ viewer: { user: { id: string } } }>('{ viewer { user { id } } }', {}, { token });
    const owner = { userId: person?.id ?? me.data?.viewer.user.id };
    const opened = () =>
      services.mutate('accounting', 'openAccount', { owner, name: 'x', unit: 'CREDIT' }, 'account { id }', token);
    return vi.waitFor(async () => thingOf(await opened(), 'account').id, { timeout: 10_000 });
  };
  const from = await open(ada, adas);
  const to = await open(null, bobs);
  const amount = { amount: '1', unit: 'CREDIT' };
  const deposit = { accountId: from, amount: { amount: '10', unit: 'CREDIT' }, description: 'x' };
  const deposited = () => services.mutate('accounting', 'deposit', deposit, 'transfer { id }', operator);
  await vi.waitFor(async () => thingOf(await deposited(), 'transfer'), { timeout: 10_000 });
  const given = await issue({ accountId: from, payee: to, once: false });
  const mandate = thingOf<Mandate>(given, 'mandate');
  const use = async () => {
    const input = { mandate: mandate.token, creditAccountId: to, amount, resource: 'room 1', reason: 'x' };
    const { payload, fault } = await services.mutate('accounting', 'placeHold', input, 'hold { id }', bobs);
    return fault ?? payload?.refusal?.code ?? 'PLACED';
  };
  expect(await use()).toBe('PLACED');
  await revoke(mandate.id, adas);
  await vi.waitFor(async () => expect(await use()).toBe('MANDATE_REVOKED'), { timeout: 10_000 });
});
