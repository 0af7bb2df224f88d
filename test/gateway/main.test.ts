import { describe, expect, it } from 'vitest';
import { subgraphNames } from '../../platform/kernel/services.js';
import { startGatewayHarness } from './support/gatewayHarness.js';

describe('the start and the end of the gateway', () => {
  it('needs no subgraph to start and to answer what it knows itself', async () => {
    const gateway = await startGatewayHarness({ withoutSubgraphs: true });
    expect((await gateway.send('/health/ready')).status).toBe(200);
    expect((await gateway.ask('{ __typename }')).data).toEqual({ __typename: 'Query' });
    const { status, data, errors } = await gateway.ask('{ viewer { scopes } offers { nodes { name } } }');
    expect(status).toBe(200);
    expect(data).toBeNull();
    expect(errors?.map((error) => error.extensions['code'])).toEqual(['SUBGRAPH_UNAVAILABLE', 'SUBGRAPH_UNAVAILABLE']);
    for (const name of subgraphNames) await gateway.up(name);
    expect((await gateway.ask('{ offers { nodes { name } } }')).data).toEqual({
      offers: { nodes: [{ name: 'Storage' }] },
    });
    await gateway.stop();
  });

  it('answers what is in flight before it ends, and waits for no kept connection', async () => {
    const gateway = await startGatewayHarness({ deadlineMs: 800 });
    gateway.subgraphs.identity.canned = 'hang';
    const inFlight = gateway.ask('{ viewer { scopes } }');
    while (gateway.subgraphs.identity.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const begun = Date.now();
    await gateway.stopGateway();
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect((await inFlight).errors?.[0]?.extensions).toEqual({ code: 'SUBGRAPH_UNAVAILABLE', service: 'identity' });
    await expect(gateway.send('/health/live')).rejects.toThrow();
    await gateway.stop();
  });
});
