import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

const OFFERS = '{ offers { nodes { name } } }';

describe('what of a client reaches the subgraphs', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    gateway.subgraphs.access.calls.length = 0;
  });

  const receivedHeaders = () => gateway.subgraphs.access.calls[0]?.headers ?? {};
  const claims = () => decodeJwt(String(receivedHeaders()['tollgate-assertion']));

  it('is the token, and no other header', async () => {
    const headers = {
      authorization: 'Bearer token-1',
      cookie: 'a=b',
      'x-user-id': 'usr_operator',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-user': 'root',
      'tollgate-assertion': 'forged',
      'tollgate-deadline-ms': '999999',
      'apollo-federation-include-trace': 'ftv1',
      'apollo-query-plan-experimental': '1',
    };
    const { data, extensions } = await gateway.ask(OFFERS, { headers });
    expect(data).toEqual({ offers: { nodes: [{ name: 'Storage' }] } });
    expect(extensions).toBeUndefined();
    const received = receivedHeaders();
    expect(Object.keys(received).sort()).toEqual([
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'tollgate-assertion',
      'tollgate-deadline-ms',
    ]);
    expect(received.authorization).toBe('Bearer token-1');
    expect(Number(received['tollgate-deadline-ms'])).toBeLessThanOrEqual(10_000);
  });

  it('has the address that a trusted proxy tells, and no other that stands before it', async () => {
    const behind = await startGatewayHarness({ trustedProxies: ['127.0.0.1'] });
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };
    await behind.ask(OFFERS, { headers });
    const { headers: received } = behind.subgraphs.access.calls[0] ?? {};
    expect(decodeJwt(String(received?.['tollgate-assertion']))).toMatchObject({ ip: '203.0.113.9' });
    await behind.stop();
  });

  it('is signed by the gateway: address as the socket has it, user agent, request id', async () => {
    const headers = { 'user-agent': 'x'.repeat(1_000), 'x-forwarded-for': '203.0.113.9', 'x-request-id': 'mine' };
    await gateway.ask(OFFERS, { headers });
    expect(claims()).toMatchObject({
      iss: 'gateway',
      aud: 'access',
      ip: '127.0.0.1',
      ua: 'x'.repeat(256),
      rid: 'mine',
    });
  });

  it.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer two words', 'token'])(
    'refuses "Authorization: %s" instead of treating it as anonymous',
    async (authorization) => {
      const { status, headers, errors } = await gateway.ask(OFFERS, { headers: { authorization } });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect(errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
      expect(gateway.subgraphs.access.calls).toHaveLength(0);
    },
  );
});
