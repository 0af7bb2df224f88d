import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AssertedCall, signAssertion, verifyAssertion } from '../../../platform/auth/assertion.js';
import { loadServiceKeys, type ServiceKeys } from '../../../platform/auth/serviceKeys.js';

const call: AssertedCall = {
  target: 'accounting',
  method: 'POST',
  path: '/graphql',
  body: Buffer.from('{"query":"{ a }"}'),
  token: 'user-token',
  clientIp: '192.0.2.7',
  userAgent: 'curl/8',
  requestId: 'r-1',
};

describe("the caller's assertion", () => {
  let home: string;
  let gateway: ServiceKeys;
  let access: ServiceKeys;
  let accounting: ServiceKeys;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
    [gateway, access, accounting] = await Promise.all([
      loadServiceKeys(home, 'gateway'),
      loadServiceKeys(home, 'access'),
      loadServiceKeys(home, 'accounting'),
    ]);
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const refused = (verification: Promise<unknown>) =>
    expect(verification).rejects.toMatchObject({ code: 'ASSERTION_INVALID' });

  it('tells who calls and for whom', async () => {
    const verified = await verifyAssertion(accounting, await signAssertion(gateway, call), call);
    expect(verified).toEqual({ caller: 'gateway', clientIp: '192.0.2.7', userAgent: 'curl/8', requestId: 'r-1' });
  });

  it('works once', async () => {
    const assertion = await signAssertion(gateway, call);
    await verifyAssertion(accounting, assertion, call);
    await refused(verifyAssertion(accounting, assertion, call));
  });

  it('that was signed with another key than the service has here is told to the operator', async () => {
    const tell = vi.fn<(sentence: string) => void>();
    const mixedUp = { ...access, service: 'gateway' } as const;
    await refused(verifyAssertion({ ...accounting, tell }, await signAssertion(mixedUp, call), call));
    expect(tell.mock.calls).toEqual([
      [
        "A call that says it is from gateway is refused: it was not signed with the key that is known here as gateway's; " +
          "gateway's private.jwk there and its public.jwk here must be of one pair.",
      ],
    ]);
  });

  it('is required', () => refused(verifyAssertion(accounting, undefined, call)));

  it.each<[string, Partial<AssertedCall>]>([
    ['another body', { body: Buffer.from('{"query":"{ b }"}') }],
    ['another path', { path: '/feed' }],
    ['another method', { method: 'GET' }],
    ['another token', { token: 'stolen-token' }],
    ['no token', { token: null }],
    ['another service', { target: 'storage' }],
  ])('is refused for %s', async (_what, changed) => {
    await refused(verifyAssertion(accounting, await signAssertion(gateway, call), { ...call, ...changed }));
  });

  it('is refused 40 s later', async () => {
    const assertion = await signAssertion(gateway, call);
    vi.useFakeTimers({ now: Date.now() + 40_000, toFake: ['Date'] });
    try {
      await refused(verifyAssertion(accounting, assertion, call));
    } finally {
      vi.useRealTimers();
    }
  });

  it('is refused from a service that may not call', async () => {
    // identity calls nobody; accounting never calls itself.
    const identity = await loadServiceKeys(home, 'identity');
    await refused(verifyAssertion(accounting, await signAssertion(identity, call), call));
    await refused(verifyAssertion(accounting, await signAssertion(accounting, call), call));
  });

  it("is refused when one service signs in another's name", async () => {
    const forged = await signAssertion({ ...access, service: 'gateway' }, call);
    await refused(verifyAssertion(accounting, forged, call));
  });

  it('is refused with another type or algorithm', async () => {
    const bare = await new SignJWT({ htm: 'POST' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .setIssuer('gateway')
      .setAudience('accounting')
      .sign(gateway.privateKey);
    await refused(verifyAssertion(accounting, bare, call));
    const none = `${Buffer.from('{"alg":"none","typ":"tollgate-assertion+jwt"}').toString('base64url')}.${Buffer.from(
      '{"iss":"gateway","aud":"accounting"}',
    ).toString('base64url')}.`;
    await refused(verifyAssertion(accounting, none, call));
    await refused(verifyAssertion(accounting, 'nonsense', call));
  });

  it('uses a key that is made once and read again', async () => {
    const again = await loadServiceKeys(home, 'gateway');
    await expect(verifyAssertion(accounting, await signAssertion(again, call), call)).resolves.toBeDefined();
  });
});
