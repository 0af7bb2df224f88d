import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

const DEAD = {
  status: 401,
  body: '{"errors":[{"message":"The token is dead.","extensions":{"code":"UNAUTHENTICATED"}}]}',
};
const WITH_TOKEN = { headers: { authorization: 'Bearer token' } };
const INTROSPECTION = '{ __schema { queryType { name } } }';

describe('the token of an operation that needs no subgraph', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    for (const subgraph of Object.values(gateway.subgraphs)) {
      subgraph.canned = null;
      subgraph.calls.length = 0;
    }
  });

  const callsMade = () =>
    Object.entries(gateway.subgraphs).flatMap(([name, subgraph]) => subgraph.calls.map(() => name));

  it.each([
    '{ __typename }',
    INTROSPECTION,
    'mutation { __typename }',
    '{ offers @skip(if: true) { nodes { id } } __typename }',
  ])('is refused by identity where it is bad or dead: %s', async (query) => {
    gateway.subgraphs.identity.canned = DEAD;
    const { status, headers, text } = await gateway.ask(query, WITH_TOKEN);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: 'The token is dead.', extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(callsMade()).toEqual(['identity']);
  });

  it('is verified once, and a good one gets its answer', async () => {
    const { status, data, errors } = await gateway.ask('{ __typename }', WITH_TOKEN);
    expect(status).toBe(200);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ __typename: 'Query' });
    expect(callsMade()).toEqual(['identity']);
    const [call] = gateway.subgraphs.identity.calls;
    expect(call?.headers.authorization).toBe('Bearer token');
    expect(call?.body.query).toBe('{ viewer { scopes } }');
  });

  it('is not asked about without a token', async () => {
    gateway.subgraphs.identity.canned = DEAD;
    expect((await gateway.ask('{ __typename }')).status).toBe(200);
    expect((await gateway.ask(INTROSPECTION)).status).toBe(200);
    expect(callsMade()).toEqual([]);
  });

  it('is not verified a second time where a subgraph was asked', async () => {
    expect((await gateway.ask('{ __typename offers { nodes { name } } }', WITH_TOKEN)).status).toBe(200);
    expect(callsMade()).toEqual(['access']);
    gateway.subgraphs.access.canned = DEAD;
    expect((await gateway.ask('{ __typename offers { nodes { name } } }', WITH_TOKEN)).status).toBe(401);
    expect(callsMade()).toEqual(['access', 'access']);
  });

  it.each([
    ['does not parse', '{'],
    ['is not valid', '{ nothing }'],
    ['is too large', `{ ${'__typename '.repeat(21)} }`],
  ])('is not verified for an operation that %s', async (_why, query) => {
    expect((await gateway.ask(query, WITH_TOKEN)).status).toBe(400);
    expect(callsMade()).toEqual([]);
  });

  it('is not taken for good while identity does not answer', async () => {
    gateway.subgraphs.identity.canned = 'reset';
    const { status, data, errors } = await gateway.ask('{ __typename }', WITH_TOKEN);
    expect(status).toBe(503);
    expect(data).toBeUndefined();
    expect(errors?.map((error) => error.extensions)).toEqual([{ code: 'SUBGRAPH_UNAVAILABLE', service: 'identity' }]);
  });
});
