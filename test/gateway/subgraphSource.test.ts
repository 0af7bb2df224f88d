import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

// Long enough for a cold start beside other tests, short enough to wait for.
const DEADLINE_MS = 3_000;
const EVERYTHING = `{
  viewer { user { username accounts { nodes { name } } drives { nodes { name } } } }
  offers { nodes { name } }
}`;
const OPEN = `mutation {
  openAccount(input: { idempotencyKey: "k", owner: { userId: "usr_1" }, name: "n", unit: "CREDIT" }) {
    account { name }
  }
}`;

describe('how the gateway asks subgraphs', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness({ deadlineMs: DEADLINE_MS });
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    for (const subgraph of Object.values(gateway.subgraphs)) {
      subgraph.canned = null;
      subgraph.calls.length = 0;
    }
  });

  it('joins several subgraphs in one answer', async () => {
    const { status, data, errors } = await gateway.ask(EVERYTHING);
    expect(errors).toBeUndefined();
    expect(status).toBe(200);
    expect(data).toMatchObject({
      viewer: {
        user: { username: 'ada', accounts: { nodes: [{ name: 'Lab' }] }, drives: { nodes: [{ name: 'data' }] } },
      },
      offers: { nodes: [{ name: 'Storage' }] },
    });
  });

  it('answers what a subgraph that is down does not concern', async () => {
    await gateway.down('accounting');
    const { status, data, errors } = await gateway.ask(EVERYTHING);
    await gateway.up('accounting');
    expect(status).toBe(200);
    expect(data).toMatchObject({
      viewer: { user: { username: 'ada', accounts: null, drives: { nodes: [{ name: 'data' }] } } },
      offers: { nodes: [{ name: 'Storage' }] },
    });
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toEqual({ code: 'SUBGRAPH_UNAVAILABLE', service: 'accounting' });
    expect(errors?.[0]?.message).not.toMatch(/127\.0\.0\.1|ECONN|http/);
  });

  it('finds a subgraph that came back on another port', async () => {
    const before = gateway.subgraphs.access.url;
    await gateway.down('access');
    await gateway.up('access');
    expect(gateway.subgraphs.access.url).not.toBe(before);
    const { data } = await gateway.ask('{ offers { nodes { name } } }');
    expect(data).toEqual({ offers: { nodes: [{ name: 'Storage' }] } });
  });

  it('answers at the deadline when a subgraph hangs, and passes the deadline on', async () => {
    gateway.subgraphs.accounting.canned = 'hang';
    const begun = Date.now();
    const { data, errors } = await gateway.ask(EVERYTHING);
    expect(Date.now() - begun).toBeLessThan(3 * DEADLINE_MS);
    expect(data).toMatchObject({ viewer: { user: { accounts: null, drives: { nodes: [{ name: 'data' }] } } } });
    expect(errors?.[0]?.extensions).toEqual({ code: 'SUBGRAPH_UNAVAILABLE', service: 'accounting' });
    const passed = Number(gateway.subgraphs.accounting.calls[0]?.headers['tollgate-deadline-ms']);
    expect(passed).toBeGreaterThan(0);
    expect(passed).toBeLessThanOrEqual(DEADLINE_MS);
  });

  it('has one deadline for calls that follow each other', async () => {
    gateway.subgraphs.identity.canned = 'hang';
    const { data, errors } = await gateway.ask(
      'mutation { logOut(input: {}) { session { id } } openAccount(input: { idempotencyKey: "k", owner: {}, name: "n", unit: "C" }) { account { id } } }',
    );
    expect(data).toBeNull();
    expect(errors?.map((error) => error.extensions['service'])).toEqual(['identity', 'accounting']);
    expect(gateway.subgraphs.accounting.calls).toHaveLength(0);
  });

  it.each([
    ['a reset connection', 'reset'],
    ['silence until the deadline', 'hang'],
    ['status 500', { status: 500, body: '{"errors":[{"message":"secret stack"}]}' }],
    ['something else than JSON', { status: 200, body: '<html>secret</html>', contentType: 'text/html' }],
    ['broken JSON', { status: 200, body: '{"data":' }],
    ['JSON that is not an answer', { status: 200, body: '{"secret":1}' }],
    [
      'a refused assertion',
      { status: 401, body: '{"errors":[{"message":"secret","extensions":{"code":"ASSERTION_INVALID"}}]}' },
    ],
  ] as const)('calls a subgraph unavailable after %s, and sends a mutation once', async (_what, canned) => {
    gateway.subgraphs.accounting.canned = canned;
    const { status, data, errors, text } = await gateway.ask(OPEN);
    expect(status).toBe(200);
    expect(data).toBeNull();
    expect(errors?.map((error) => error.extensions)).toEqual([{ code: 'SUBGRAPH_UNAVAILABLE', service: 'accounting' }]);
    expect(text).not.toContain('secret');
    expect(gateway.subgraphs.accounting.calls).toHaveLength(1);
  });

  it('keeps the name of the service that a subgraph misses', async () => {
    gateway.subgraphs.accounting.canned = {
      status: 503,
      body: '{"errors":[{"message":"m","extensions":{"code":"SUBGRAPH_UNAVAILABLE","service":"identity"}}]}',
    };
    const { errors } = await gateway.ask(OPEN);
    expect(errors?.[0]?.extensions).toEqual({ code: 'SUBGRAPH_UNAVAILABLE', service: 'identity' });
  });

  it('passes faults on with their place, and masks what a subgraph did not mean to tell', async () => {
    gateway.subgraphs.accounting.canned = {
      status: 200,
      body: JSON.stringify({
        data: { account: null },
        errors: [
          {
            message: 'There is no such account.',
            path: ['account'],
            extensions: { code: 'NOT_FOUND', stacktrace: ['x'] },
          },
          { message: 'SELECT secret', path: ['account'], extensions: { code: 'P2002' } },
        ],
      }),
    };
    const { data, errors } = await gateway.ask('{ account(id: "acc_x") { name } }');
    expect(data).toEqual({ account: null });
    expect(errors?.[0]).toEqual({
      message: 'There is no such account.',
      path: ['account'],
      extensions: { code: 'NOT_FOUND' },
    });
    expect(errors?.[1]).toMatchObject({ path: ['account'], extensions: { code: 'INTERNAL' } });
    expect(JSON.stringify(errors)).not.toMatch(/SELECT|stacktrace|P2002|serviceName/);
  });

  it('refuses the whole operation with HTTP 401 when a subgraph finds the token dead', async () => {
    gateway.subgraphs.accounting.canned = {
      status: 401,
      body: '{"errors":[{"message":"The token is dead.","extensions":{"code":"UNAUTHENTICATED"}}]}',
    };
    const { status, headers, text } = await gateway.ask(EVERYTHING, { headers: { authorization: 'Bearer dead' } });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: 'The token is dead.', extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});
