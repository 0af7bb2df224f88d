import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

const LOG_IN = 'mutation { logIn(input: { username: "a", password: "b", code: "c" }) { accessToken } }';

describe('the public form of answers', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    gateway.subgraphs.identity.canned = null;
  });

  it('names a thing that its subgraph does not show NOT_FOUND at its place', async () => {
    const { status, data, errors, extensions } = await gateway.ask('{ job(id: "job_1") { name grant { id status } } }');
    expect(status).toBe(200);
    expect(data).toEqual({ job: { name: 'sum', grant: null } });
    expect(errors).toEqual([
      expect.objectContaining({ path: ['job', 'grant', 'status'], extensions: { code: 'NOT_FOUND' } }),
    ]);
    expect(extensions).toBeUndefined();
  });

  it('answers 429 with Retry-After when the whole operation was throttled', async () => {
    gateway.subgraphs.identity.canned = {
      status: 200,
      body: JSON.stringify({
        data: null,
        errors: [
          { message: 'Slow down.', path: ['logIn'], extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 7 } },
        ],
      }),
    };
    const { status, headers, errors } = await gateway.ask(LOG_IN);
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('7');
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 7 } });
  });

  it('runs mutations of several subgraphs in the order they are written', async () => {
    const { data } = await gateway.ask(`mutation {
      logIn(input: { username: "a", password: "b", code: "c" }) { accessToken }
      openAccount(input: { idempotencyKey: "k", owner: {}, name: "n", unit: "CREDIT" }) { account { name } }
    }`);
    expect(data).toEqual({ logIn: { accessToken: 'fresh' }, openAccount: { account: { name: 'New' } } });
  });

  it('leaves a fragment on a refusal of another payload out without an error', async () => {
    const { data, errors } = await gateway.ask(`mutation {
      logOut(input: {}) { refusal { code ... on InsufficientFunds { account { name } } } }
    }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ logOut: { refusal: { code: 'X' } } });
  });
});
