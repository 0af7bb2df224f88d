import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

describe('public documents', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());

  it.each([
    ['/.well-known/jwks.json', 'identity'],
    ['/.well-known/oauth-authorization-server', 'identity'],
    ['/.well-known/tollgate-receipts.json', 'accounting'],
    ['/.well-known/tollgate-checkpoints.json', 'accounting'],
  ] as const)('%s is given out by %s', async (path, owner) => {
    const { status, text } = await gateway.send(path);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ from: owner, path });
    await gateway.down(owner);
    const without = await gateway.send(path);
    await gateway.up(owner);
    expect(without.status).toBe(503);
    expect(without.errors?.[0]?.extensions).toEqual({ code: 'SUBGRAPH_UNAVAILABLE', service: owner });
  });

  it('has nothing at other addresses, and says so in the form of the graph', async () => {
    const { status, errors } = await gateway.send('/.well-known/other');
    expect(status).toBe(404);
    expect(errors?.[0]?.extensions).toEqual({ code: 'NOT_FOUND' });
  });
});
