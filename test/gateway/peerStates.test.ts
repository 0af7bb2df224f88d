import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

describe('health', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());

  it('is live, and ready with its peers listed', async () => {
    expect((await gateway.send('/health/live')).status).toBe(200);
    const { status, text } = await gateway.send('/health/ready');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      status: 'ready',
      service: 'gateway',
      peers: { identity: 'up', access: 'up', accounting: 'up', storage: 'up', compute: 'up' },
    });
  });

  it('is ready while a peer is down: what is there is served', async () => {
    await gateway.down('compute');
    const { status, text } = await gateway.send('/health/ready');
    await gateway.up('compute');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ peers: { compute: 'down', identity: 'up' } });
  });

  it('has metrics', async () => {
    await gateway.ask('{ __typename }');
    const { status, text } = await gateway.send('/metrics');
    expect(status).toBe(200);
    expect(text).toContain('tollgate_graphql_operation_seconds_count{service="gateway",outcome="answered"}');
  });
});
