import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chooseAddress } from '../../platform/peers/peerAddresses.js';
import { type SilentPeer, startSilentPeer } from '../support/silentPeer.js';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

describe('documents of accounting', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());

  it.each([
    '/accounts/acc_x/statement.csv?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z',
    '/ledger/journal.ndjson',
  ])('%s passes through with the token, signed by the gateway', async (path) => {
    const { status, headers, text } = await gateway.send(path, { headers: { authorization: 'Bearer abc' } });
    expect(status).toBe(200);
    expect(text).toBe(`${path} abc`);
    expect(headers.get('content-type')).toBe('text/csv');
    expect(headers.get('content-disposition')).toBe('attachment');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-inner')).toBeNull();
  });

  it('leaves it to accounting to judge the token, and refuses what is none', async () => {
    const anonymous = await gateway.send('/ledger/journal.ndjson');
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer');
    const odd = await gateway.send('/ledger/journal.ndjson', { headers: { authorization: 'Basic abc' } });
    expect(odd.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });

  it('breaks off where accounting does, and says so where it does not answer at all', async () => {
    const headers = { authorization: 'Bearer abc' };
    await expect(gateway.send('/accounts/broken/statement.csv', { headers })).rejects.toThrow();
    await gateway.down('accounting');
    const without = await gateway.send('/ledger/journal.ndjson', { headers });
    await gateway.up('accounting');
    expect(without.status).toBe(503);
    expect(without.errors?.[0]?.extensions).toEqual({ code: 'SUBGRAPH_UNAVAILABLE', service: 'accounting' });
  });
});

describe('what passes through, where a replica of its service takes the call and says nothing', () => {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  const headers = { authorization: 'Bearer abc' };
  const unavailable = { code: 'SUBGRAPH_UNAVAILABLE', service: 'accounting' };

  /** A gateway that has so long for an answer; the silent replica comes first, and another after it, or none. */
  async function startWith(
    deadlineMs: number,
    has: 'another' | 'none',
  ): Promise<{ gateway: GatewayHarness; silent: SilentPeer }> {
    const silent = await startSilentPeer();
    const first = new Set<string>();
    const gateway = await startGatewayHarness({
      deadlineMs,
      addressOf(target, url) {
        const addresses = has === 'none' ? [silent.url] : [silent.url, url];
        if (!first.has(target)) while (chooseAddress(addresses) !== addresses.at(-1));
        first.add(target);
        return chooseAddress(addresses);
      },
    });
    stops.push(async () => {
      await gateway.stop();
      await silent.stop();
    });
    return { gateway, silent };
  }

  it('a document comes from another replica', async () => {
    const { gateway, silent } = await startWith(6_000, 'another');
    const { status, text } = await gateway.send('/ledger/journal.ndjson', { headers });
    expect([status, text, silent.asked()]).toEqual([200, '/ledger/journal.ndjson abc', 1]);
  });

  it('a document is given up at the deadline where there is no other', async () => {
    const { gateway, silent } = await startWith(500, 'none');
    const { status, errors } = await gateway.send('/ledger/journal.ndjson', { headers });
    expect([status, errors?.[0]?.extensions, silent.asked()]).toEqual([503, unavailable, 1]);
  });

  it('a token, which may be made, is given up at the deadline and asked for once', async () => {
    const { gateway, silent } = await startWith(500, 'another');
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    const { status, text } = await gateway.send('/oauth/token', { method: 'POST', body: form });
    expect([status, JSON.parse(text).error, silent.asked()]).toEqual([503, 'temporarily_unavailable', 1]);
  });
});
