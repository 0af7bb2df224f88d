import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { signedRequest } from '../../platform/peers/signedRequest.js';
import { type IdentityHarness, startIdentityHarness } from './support/identityHarness.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

const readFeed = async (query: string) => {
  const answer = await signedRequest({
    keys: await loadServiceKeys(identity.home, 'accounting'),
    target: 'identity',
    origin: identity.url,
    method: 'GET',
    path: `/feed?${query}`,
    body: null,
    token: null,
    headers: {},
    requestId: randomUUID(),
    clientIp: '',
    userAgent: 'test',
    signal: AbortSignal.timeout(20_000),
  });
  return { status: answer.status, body: JSON.parse(answer.body.toString('utf8')) };
};

describe('GET /.well-known/jwks.json', () => {
  it('has the public keys that verify access tokens, and nothing private', async () => {
    const answer = await fetch(`${identity.url}/.well-known/jwks.json`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const jwks = (await answer.json()) as { keys: Record<string, string>[] };
    expect(jwks.keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
        kid: expect.any(String),
        alg: 'ES256',
        use: 'sig',
      },
    ]);
    const { accessToken } = await identity.logIn(await identity.newPerson());
    const { payload } = await jwtVerify(accessToken, createLocalJWKSet(jwks as never), {
      issuer: identity.settings.issuer,
      audience: 'tollgate',
      typ: 'at+jwt',
      algorithms: ['ES256'],
    });
    expect(payload).toMatchObject({ sub: expect.stringMatching(/^usr_/), sid: expect.stringMatching(/^ses_/) });
  });
});

describe('GET /feed', () => {
  const present = async (): Promise<string> => {
    const { sequence, mark } = (await readFeed('after=0')).body.rows.at(-1);
    return `after=${sequence}&mark=${mark}`;
  };

  it('gives the rows after a sequence to services', async () => {
    const { status, body } = await readFeed('after=0&waitMilliseconds=0');
    expect(status).toBe(200);
    expect(body.head).toBeGreaterThanOrEqual(2);
    expect(body.rows[0]).toEqual({
      sequence: 1,
      mark: expect.any(String),
      kind: 'KEY',
      subject: expect.any(String),
      state: 'PUBLISHED',
      data: expect.any(Object),
      recordedAt: expect.stringMatching(/Z$/),
    });
    const { mark } = body.rows.at(-1);
    const same = await readFeed(`after=${body.head}&mark=${mark}`);
    expect(same.body).toEqual({ isSameFeed: true, rows: [], head: body.head });
  });

  it('says at once where the row that was read last is none of it', async () => {
    const { body } = await readFeed(`after=1&mark=${randomUUID()}&waitMilliseconds=20000&follower=${randomUUID()}`);
    expect(body).toEqual({ isSameFeed: false, rows: [], head: expect.any(Number) });
  });

  it('answers a waiting follower as soon as a session ends', async () => {
    const { accessToken, sessionId } = await identity.logIn(await identity.newPerson());
    const waiting = readFeed(`${await present()}&waitMilliseconds=10000`);
    await identity.call('mutation { logOut(input: {}) { session { id } } }', {}, { token: accessToken });
    const { body } = await waiting;
    expect(body.rows).toMatchObject([{ kind: 'SESSION', subject: sessionId, state: 'REVOKED', data: {} }]);
  });

  it('does not hold up the end of the service', async () => {
    const waiting = readFeed(`${await present()}&waitMilliseconds=20000`).catch(() => ({ body: { rows: [] } }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const begunAt = performance.now();
    await identity.restart();
    // Far below the 20 s that the follower would have waited, also on a busy machine.
    expect(performance.now() - begunAt).toBeLessThan(15_000);
    expect((await waiting).body.rows).toEqual([]);
  });

  it('is for services alone', async () => {
    const answer = await fetch(`${identity.url}/feed?after=0`);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'ASSERTION_INVALID' } }] });
  });

  it.each([
    'other=1',
    'after=',
    'after=-1',
    'after=x',
    'after=1&after=2',
    'after=99999999999999999999',
    'after=0&waitMilliseconds=soon',
    'after=1',
    'after=1&mark=',
    'after=1&mark=1',
    'after=1&mark=00000000-0000-4000-8000-00000000000g',
  ])('refuses %j with BAD_USER_INPUT', async (query) => {
    const { status, body } = await readFeed(query);
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  });
});

describe('readiness', () => {
  it('is told when the own database answers and the feed was read', async () => {
    expect((await fetch(`${identity.url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${identity.url}/health/live`)).status).toBe(200);
  });
});
