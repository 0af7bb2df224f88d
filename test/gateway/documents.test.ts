import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
