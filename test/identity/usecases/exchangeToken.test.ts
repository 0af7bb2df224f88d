import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { CallOptions } from '../../support/subgraph.js';
import {
  type IdentityHarness,
  type Payload,
  startIdentityHarness,
  type TestSession,
} from '../support/identityHarness.js';
import { mintToken } from '../support/mintToken.js';

let identity: IdentityHarness;
let session: TestSession;
let personId: string;

beforeAll(async () => {
  identity = await startIdentityHarness();
  const person = await identity.newPerson();
  personId = person.id;
  session = await identity.logIn(person);
});
afterAll(() => identity.stop());

const EXCHANGE = `mutation ($input: ExchangeTokenInput!) { exchangeToken(input: $input) {
  accessToken expiresAt refusal { code } } }`;

interface Exchange {
  readonly subjectToken: string;
  readonly audience: string;
  readonly scopes: readonly string[];
}

async function exchange(input: Partial<Exchange>, options: CallOptions = { as: 'access' }) {
  const { data, errors } = await identity.call<{
    exchangeToken: Payload<{ accessToken: string; expiresAt: string }>;
  }>(
    EXCHANGE,
    { input: { subjectToken: session.accessToken, audience: 'accounting', scopes: ['accounting:spend'], ...input } },
    options,
  );
  const payload = data?.exchangeToken;
  return {
    token: payload?.accessToken ?? '',
    expiresAt: payload?.expiresAt,
    outcome: errors[0]?.extensions.code ?? payload?.refusal?.code ?? 'OK',
  };
}

/** A token that access got for compute, were the table to allow it. */
const tokenForCompute = (scopes: readonly string[]): Promise<string> =>
  mintToken(identity, {
    subject: personId,
    audience: 'compute',
    sessionId: session.sessionId,
    scopes,
    act: { sub: 'access' },
    clusterIds: null,
    expiresAt: new Date(identity.clock.now().getTime() + 600_000),
  });

describe('exchangeToken', () => {
  it('lets a service act for the person: named audience, fewer scopes, `act`', async () => {
    const { token, outcome } = await exchange({});
    expect(outcome).toBe('OK');
    expect(decodeJwt(token)).toMatchObject({
      sub: personId,
      sid: session.sessionId,
      aud: 'accounting',
      scope: 'accounting:spend',
      act: { sub: 'access' },
    });
    expect(decodeJwt(token).jti).not.toBe(decodeJwt(session.accessToken).jti);
  });

  it("refuses a service that sends the session's token as its own: it works through the gateway alone", async () => {
    const { outcome } = await exchange({}, { as: 'access', token: session.accessToken });
    expect(outcome).toBe('UNAUTHENTICATED');
  });

  it('lets the service that a token is for exchange it on, with both in the chain', async () => {
    const subjectToken = await tokenForCompute(['compute:submit', 'accounting:spend']);
    const second = await exchange({ subjectToken }, { as: 'compute' });
    expect(decodeJwt(second.token)).toMatchObject({
      aud: 'accounting',
      act: { sub: 'compute', act: { sub: 'access' } },
    });
    const stranger = await exchange({ subjectToken }, { as: 'access' });
    expect(stranger.outcome).toBe('INVALID_SUBJECT_TOKEN');
  });

  it.each([
    ['access', 'accounting', ['accounting:spend'], 'OK'],
    ['compute', 'accounting', ['accounting:spend'], 'OK'],
    ['compute', 'storage', ['storage:read'], 'OK'],
    ['compute', 'storage', ['storage:write'], 'SCOPE_EXCEEDED'],
    ['compute', 'accounting', ['accounting:spend', 'storage:read'], 'SCOPE_EXCEEDED'],
    ['access', 'accounting', ['access:request'], 'SCOPE_EXCEEDED'],
    ['access', 'storage', ['storage:read'], 'AUDIENCE_NOT_ALLOWED'],
    ['access', 'compute', ['compute:submit'], 'AUDIENCE_NOT_ALLOWED'],
    ['access', 'identity', ['identity:groups'], 'AUDIENCE_NOT_ALLOWED'],
    ['accounting', 'storage', ['storage:read'], 'AUDIENCE_NOT_ALLOWED'],
    ['storage', 'accounting', ['accounting:spend'], 'AUDIENCE_NOT_ALLOWED'],
  ] as const)(
    'gives %s at %s for %j: %s, as the table of exchange rights has it',
    async (as, audience, scopes, code) => {
      expect((await exchange({ audience, scopes }, { as })).outcome).toBe(code);
    },
  );

  it('makes no token for identity: a narrow one could approve a device, which would make it wide again', async () => {
    const own = { token: session.accessToken };
    expect((await exchange({ audience: 'identity', scopes: [] }, own)).outcome).toBe('AUDIENCE_NOT_ALLOWED');
  });

  it("gives a narrowed token of an operator no operator's rights", async () => {
    const { accessToken } = await identity.logIn(await identity.operator());
    const { token } = await exchange(
      { subjectToken: accessToken, audience: 'storage', scopes: [] },
      { token: accessToken },
    );
    const claims = decodeJwt(token);
    const atIdentity = await mintToken(identity, {
      subject: String(claims.sub),
      audience: 'identity',
      sessionId: String(claims['sid']),
      scopes: [],
      act: null,
      clusterIds: null,
      expiresAt: new Date((claims.exp ?? 0) * 1000),
    });
    const list = '{ serviceAccounts { nodes { id } } }';
    expect((await identity.call(list, {}, { token: accessToken })).errors).toEqual([]);
    expect((await identity.call(list, {}, { token: atIdentity })).errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('lets a person narrow their own token, with nobody acting', async () => {
    const { token } = await exchange({ audience: 'storage', scopes: ['storage:read'] }, { token: session.accessToken });
    expect(decodeJwt(token)).toMatchObject({ sub: personId, aud: 'storage', scope: 'storage:read' });
    expect(decodeJwt(token)['act']).toBeUndefined();
  });

  describe('by a program', () => {
    const programId = newId('serviceAccount');
    const programWith = (scopes: readonly string[]) =>
      mintToken(identity, {
        subject: programId,
        audience: 'tollgate',
        sessionId: null,
        scopes,
        act: null,
        clusterIds: [],
        expiresAt: new Date(identity.clock.now().getTime() + 600_000),
      });

    it('says that the program acts, with the scopes that both have', async () => {
      const own = { token: await programWith(['access:request', 'accounting:spend', 'accounting:deposit']) };
      const { token, outcome } = await exchange(
        { audience: 'access', scopes: ['access:request', 'accounting:spend'] },
        own,
      );
      expect(outcome).toBe('OK');
      expect(decodeJwt(token)).toMatchObject({
        sub: personId,
        sid: session.sessionId,
        aud: 'access',
        scope: 'access:request accounting:spend',
        act: { sub: programId },
        restricted: true,
      });
      // The service that it is for goes on in both names.
      const onwards = await exchange({ subjectToken: token }, { as: 'access' });
      expect(decodeJwt(onwards.token)['act']).toEqual({ sub: 'access', act: { sub: programId } });
    });

    it.each([
      ['storage:read', 'the program lacks', 'SCOPE_EXCEEDED'],
      ['accounting:deposit', 'the person lacks', 'SCOPE_EXCEEDED'],
    ])('gives no %s, which %s', async (scope, _who, code) => {
      const own = { token: await programWith(['access:request', 'accounting:deposit']) };
      expect((await exchange({ audience: 'access', scopes: [scope] }, own)).outcome).toBe(code);
    });

    it('gives nothing for identity, and nothing for what is no token of a person', async () => {
      const token = await programWith(['access:request', 'identity:groups']);
      const atIdentity = await exchange({ audience: 'identity', scopes: ['identity:groups'] }, { token });
      expect(atIdentity.outcome).toBe('AUDIENCE_NOT_ALLOWED');
      const itself = await exchange({ subjectToken: token, audience: 'access', scopes: ['access:request'] }, { token });
      expect(itself.outcome).toBe('INVALID_SUBJECT_TOKEN');
    });
  });

  it('never widens: SCOPE_EXCEEDED', async () => {
    expect((await exchange({ scopes: ['accounting:deposit'] })).outcome).toBe('SCOPE_EXCEEDED');
    const wider = await exchange({ subjectToken: await tokenForCompute(['compute:submit']) }, { as: 'compute' });
    expect(wider.outcome).toBe('SCOPE_EXCEEDED');
    expect((await exchange({ scopes: Array.from({ length: 33 }, () => 'accounting:spend') })).outcome).toBe(
      'SCOPE_EXCEEDED',
    );
  });

  it.each(['tollgate', 'gateway', '', 'Accounting', '__proto__'])('names one service: not %j', async (audience) => {
    expect((await exchange({ audience })).outcome).toBe('UNKNOWN_AUDIENCE');
  });

  it('lives no longer than the subject token', async () => {
    identity.clock.advance(300);
    const { token, expiresAt } = await exchange({});
    expect(decodeJwt(token).exp).toBe(decodeJwt(session.accessToken).exp);
    expect(Date.parse(expiresAt ?? '')).toBe((decodeJwt(session.accessToken).exp ?? 0) * 1000);
  });

  it('refuses what is no live token of a person: INVALID_SUBJECT_TOKEN', async () => {
    const other = await identity.logIn(await identity.newPerson());
    await identity.call('mutation { logOut(input: {}) { refusal { code } } }', {}, { token: other.accessToken });
    const [head, payload] = session.accessToken.split('.');
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
    for (const subjectToken of [
      '',
      'nonsense',
      session.refreshToken,
      other.accessToken,
      unsigned,
      `${head}.${payload}.${'A'.repeat(86)}`,
      'x'.repeat(10_000),
    ]) {
      expect((await exchange({ subjectToken })).outcome).toBe('INVALID_SUBJECT_TOKEN');
    }
    const expired = await exchange({ subjectToken: session.accessToken });
    expect(expired.outcome).toBe('OK');
  });

  it('is for services and the bearer: UNAUTHENTICATED and FORBIDDEN for others', async () => {
    const other = await identity.logIn(await identity.newPerson());
    expect((await exchange({}, {})).outcome).toBe('UNAUTHENTICATED');
    expect((await exchange({}, { token: other.accessToken })).outcome).toBe('FORBIDDEN');
    expect((await exchange({}, { as: 'compute', token: other.accessToken })).outcome).toBe('UNAUTHENTICATED');
  });

  it('ends with the token that it came from', async () => {
    identity.clock.advance(600);
    expect((await exchange({})).outcome).toBe('INVALID_SUBJECT_TOKEN');
  });
});
