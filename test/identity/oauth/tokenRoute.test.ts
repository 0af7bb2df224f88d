import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { signedRequest } from '../../../platform/peers/signedRequest.js';
import type { RunningService } from '../../../platform/server/settings.js';
import { gatewayBefore } from '../support/gatewayBefore.js';
import { type IdentityHarness, startIdentityHarness, type TestSession } from '../support/identityHarness.js';
import { askForToken, basic } from '../support/oauth.js';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

let identity: IdentityHarness;
let gateway: RunningService;
let session: TestSession;
let personId: string;
let clientId: string;
let clientSecret: string;

beforeAll(async () => {
  identity = await startIdentityHarness();
  gateway = await gatewayBefore(identity);
  const person = await identity.newPerson();
  personId = person.id;
  session = await identity.logIn(person);
  ({ clientId, clientSecret } = JSON.parse(await readFile(join(identity.home, 'controllers', 'local.json'), 'utf8')));
});
afterAll(async () => {
  await gateway.stop();
  await identity.stop();
});

const places = ['identity', 'gateway'] as const;
const originOf = (place: (typeof places)[number]): string => (place === 'identity' ? identity.url : gateway.url);
const exchange = (more: Record<string, string> = {}) => ({
  grant_type: EXCHANGE,
  subject_token: session.accessToken,
  subject_token_type: ACCESS_TOKEN,
  audience: 'storage',
  ...more,
});

describe.each(places)('POST /oauth/token at the %s', (place) => {
  const ask = (form: Record<string, string> | string, headers: Record<string, string> = {}) =>
    askForToken(originOf(place), form, headers);

  it('gives a service account a token for its credentials, by HTTP Basic and in the body', async () => {
    const form = { grant_type: 'client_credentials' };
    const body = { ...form, client_id: clientId, client_secret: clientSecret, scope: 'compute:control', unknown: 'x' };
    for (const [answer, scope] of [
      [await ask(form, basic(clientId, clientSecret)), 'compute:control accounting:usage'],
      [await ask(body), 'compute:control'],
    ] as const) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('pragma')).toBe('no-cache');
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.body).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 600,
        scope,
      });
      expect(decodeJwt(String(answer.body['access_token']))).toMatchObject({ sub: clientId, aud: 'tollgate' });
    }
  });

  it('refuses a wrong service secret: it never logs in', async () => {
    const form = { grant_type: 'client_credentials' };
    for (const answer of [
      await ask(form, basic(clientId, `${clientSecret}x`)),
      await ask(form, basic(`${clientId}x`, clientSecret)),
      await ask(form, basic(clientId, '')),
      await ask({ ...form, client_id: clientId, client_secret: 'tgs_wrong' }),
      await ask({ ...form, client_id: clientId }),
      await ask(form),
      await ask(form, { authorization: 'Basic !!!' }),
      await ask(form, { authorization: `Basic ${Buffer.from('%zz:%zz').toString('base64')}` }),
      await ask(form, { authorization: `Bearer ${session.accessToken}` }),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.body['error']).toBe('invalid_client');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="Tollgate"/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body['access_token']).toBeUndefined();
    }
  });

  it('refuses a scope that the account does not have: invalid_scope', async () => {
    const form = { grant_type: 'client_credentials', scope: 'compute:control accounting:deposit' };
    expect(await ask(form, basic(clientId, clientSecret))).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope', error_description: expect.stringContaining('compute:control') },
    });
  });

  it('renews a session, once for each refresh token', async () => {
    const fresh = await identity.logIn(await identity.newPerson());
    const form = { grant_type: 'refresh_token', refresh_token: fresh.refreshToken, client_id: 'my-notebook' };
    expect(await ask({ ...form, scope: 'storage:read' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
    const renewed = await ask(form);
    expect(renewed).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 600, refresh_token: expect.stringMatching(/^tgr_/) },
    });
    expect(decodeJwt(String(renewed.body['access_token']))).toMatchObject({ sid: fresh.sessionId });
    // The second use ends the family.
    for (const refreshToken of [fresh.refreshToken, String(renewed.body['refresh_token']), 'tgr_unknown']) {
      expect(await ask({ ...form, refresh_token: refreshToken })).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    }
  });

  it('narrows a person’s own token, for a named service and with nobody acting', async () => {
    const answer = await ask(exchange({ scope: 'storage:read' }));
    expect(answer).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', scope: 'storage:read', issued_token_type: ACCESS_TOKEN },
    });
    const claims = decodeJwt(String(answer.body['access_token']));
    expect(claims).toMatchObject({ sub: personId, sid: session.sessionId, aud: 'storage', scope: 'storage:read' });
    expect(claims['act']).toBeUndefined();
    expect(claims.exp ?? 0).toBeLessThanOrEqual(decodeJwt(session.accessToken).exp ?? 0);
    expect(Number(answer.body['expires_in'])).toBeLessThanOrEqual(600);
  });

  it.each([
    ['invalid_target', { audience: 'nowhere' }],
    ['invalid_target', { audience: 'identity' }],
    ['invalid_target', { resource: 'https://storage.example' }],
    ['invalid_scope', { scope: 'accounting:deposit' }],
    ['invalid_request', { subject_token: 'x.y.z' }],
    ['invalid_request', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }],
    ['invalid_request', { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }],
    ['invalid_request', { actor_token: 'x' }],
    ['invalid_request', { audience: '' }],
  ])('refuses an exchange with %s: %j', async (error, more) => {
    expect(await ask(exchange(more as Record<string, string>))).toMatchObject({ status: 400, body: { error } });
  });

  it('lets a device in once the person approved it, with the errors of RFC 8628 until then', async () => {
    const start = await identity.call<{ startDeviceLogin: { deviceCode: string; userCode: string } }>(
      'mutation { startDeviceLogin(input: { clientName: "notebook" }) { deviceCode userCode } }',
    );
    const { deviceCode = '', userCode = '' } = start.data?.startDeviceLogin ?? {};
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: deviceCode,
      client_id: 'notebook',
    };
    const errorOf = async (): Promise<unknown> => (await ask(form)).body['error'];
    identity.clock.advance(5);
    expect(await errorOf()).toBe('authorization_pending');
    expect(await errorOf()).toBe('slow_down');
    const approve =
      'mutation ($input: ApproveDeviceLoginInput!) { approveDeviceLogin(input: $input) { refusal { code } } }';
    await identity.call(approve, { input: { userCode } }, { token: session.accessToken });
    identity.clock.advance(30);
    const given = await ask(form);
    expect(given).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 600, refresh_token: expect.stringMatching(/^tgr_/) },
    });
    expect(decodeJwt(String(given.body['access_token']))).toMatchObject({ sub: personId });
    expect(await errorOf()).toBe('expired_token');
    expect((await ask({ ...form, device_code: '' })).body['error']).toBe('invalid_request');
  });

  it('gives a service account nothing that is a person’s: unauthorized_client', async () => {
    for (const form of [exchange(), { grant_type: 'refresh_token', refresh_token: session.refreshToken }]) {
      expect(await ask(form, basic(clientId, clientSecret))).toMatchObject({
        status: 400,
        body: { error: 'unauthorized_client' },
      });
    }
  });

  it.each([
    ['invalid_request', ''],
    ['invalid_request', 'grant_type='],
    ['invalid_request', 'grant_type=client_credentials&grant_type=refresh_token'],
    ['invalid_request', 'grant_type=refresh_token'],
    ['invalid_request', 'grant_type=refresh_token&refresh_token=%00'],
    ['invalid_request', 'grant_type=refresh_token&refresh_token=%ff'],
    ['unsupported_grant_type', 'grant_type=password&username=a&password=b'],
    ['unsupported_grant_type', 'grant_type=__proto__'],
  ])('refuses with %s: %j', async (error, form) => {
    const answer = await ask(form);
    expect(answer).toMatchObject({ status: 400, body: { error, error_description: expect.any(String) } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(String(answer.body['error_description'])).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  it('takes credentials in one way at a time', async () => {
    const form = { grant_type: 'client_credentials', client_id: clientId };
    const two = await ask({ ...form, client_secret: clientSecret }, basic(clientId, clientSecret));
    expect(two.body['error']).toBe('invalid_request');
    const other = await ask({ ...form, client_id: 'svc_other' }, basic(clientId, clientSecret));
    expect(other.body['error']).toBe('invalid_request');
    expect((await ask(form, basic(clientId, clientSecret))).status).toBe(200);
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])(
    'takes no body of %s',
    async (type) => {
      const answer = await ask('grant_type=client_credentials', { 'content-type': type });
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    },
  );

  it('refuses a body above 32 KiB unread', async () => {
    const answer = await ask(`grant_type=refresh_token&refresh_token=${'x'.repeat(40_000)}`);
    expect(answer).toMatchObject({ status: 413, body: { error: 'invalid_request' } });
  });

  it('takes no GET', async () => {
    expect((await fetch(`${originOf(place)}/oauth/token?grant_type=client_credentials`)).status).toBe(404);
  });

  it('turns a flood of wrong secrets away with Retry-After, and takes the right one nevertheless', async () => {
    const form = { grant_type: 'client_credentials' };
    const id = `svc_${place}${randomUUID()}`;
    const wrong = () => ask(form, basic(id, 'tgs_wrong'));
    for (let attempt = 0; attempt < 10; attempt += 1) expect((await wrong()).status).toBe(401);
    const turnedAway = await wrong();
    expect(turnedAway).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } });
    expect(Number(turnedAway.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(form, basic(clientId, clientSecret))).status).toBe(200);
  });
});

describe('POST /oauth/token by a service', () => {
  const asService = async (service: 'access' | 'storage', form: Record<string, string>, signedBody?: string) => {
    const body = new URLSearchParams(form).toString();
    const answer = await signedRequest({
      keys: await loadServiceKeys(identity.home, service),
      target: 'identity',
      origin: identity.url,
      method: 'POST',
      path: '/oauth/token',
      body: Buffer.from(signedBody ?? body),
      token: null,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      requestId: randomUUID(),
      clientIp: '192.0.2.7',
      userAgent: 'test',
      signal: AbortSignal.timeout(30_000),
    });
    return JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>;
  };

  it('lets it act for the person as the table of exchange rights has it', async () => {
    const given = await asService('access', exchange({ audience: 'accounting' }));
    expect(given['scope']).toBe('accounting:spend');
    expect(decodeJwt(String(given['access_token']))).toMatchObject({
      sub: personId,
      aud: 'accounting',
      act: { sub: 'access' },
    });
    expect((await asService('access', exchange({ audience: 'storage' })))['error']).toBe('invalid_target');
    expect((await asService('storage', exchange({ audience: 'accounting' })))['error']).toBe('invalid_target');
  });

  it('refuses an assertion of anybody else, or none at all that looks like one', async () => {
    const forged = await askForToken(identity.url, exchange({ audience: 'accounting' }), {
      'tollgate-assertion': 'a.b.c',
    });
    expect(forged).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('stops taking the token of a session that has ended', async () => {
    const fresh = await identity.logIn(await identity.newPerson());
    await identity.call('mutation { logOut(input: {}) { refusal { code } } }', {}, { token: fresh.accessToken });
    const form = exchange({ subject_token: fresh.accessToken, audience: 'accounting' });
    expect((await asService('access', form))['error']).toBe('invalid_request');
    expect((await askForToken(gateway.url, { ...form, audience: 'storage' })).body['error']).toBe('invalid_request');
  });
});

describe('GET /.well-known/oauth-authorization-server', () => {
  it('says the same at identity and through the gateway: what RFC 8414 asks for', async () => {
    const [own, passed] = await Promise.all(
      [identity.url, gateway.url].map(async (origin) => {
        const answer = await fetch(`${origin}/.well-known/oauth-authorization-server`);
        expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
        return (await answer.json()) as Record<string, unknown>;
      }),
    );
    expect(passed).toEqual(own);
    const { issuer } = identity.settings;
    expect(own).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    });
    expect(own?.['grant_types_supported']).toContain(EXCHANGE);
  });
});

describe('the gateway', () => {
  it('says so in the standard form where identity is away', async () => {
    const alone = await startIdentityHarness();
    const before = await gatewayBefore(alone);
    await alone.stop();
    const answer = await askForToken(before.url, { grant_type: 'client_credentials' });
    await before.stop();
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('takes a form nowhere else: a page elsewhere could send one', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: 'query={viewer{scopes}}' });
    expect(answer.status).toBe(415);
  });
});
