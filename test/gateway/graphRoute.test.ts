import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

const json = { 'content-type': 'application/json' };
const OFFERS = '{ offers { nodes { name } } }';
const LOG_IN = 'mutation { logIn(input: { username: "a", password: "b", code: "c" }) { accessToken } }';

describe('POST /graphql', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());
  afterEach(async () => {
    for (const subgraph of Object.values(gateway.subgraphs)) subgraph.calls.length = 0;
    // Whatever was refused, the next request works.
    expect((await gateway.ask(OFFERS)).status).toBe(200);
    for (const subgraph of Object.values(gateway.subgraphs)) subgraph.calls.length = 0;
  });

  const callsMade = () => Object.values(gateway.subgraphs).flatMap((subgraph) => subgraph.calls).length;
  const post = (body: string, headers: Record<string, string> = json) =>
    gateway.send('/graphql', { method: 'POST', headers, body });

  it('refuses a batch by name', async () => {
    const { status, errors } = await post(JSON.stringify([{ query: OFFERS }, { query: OFFERS }]));
    expect(status).toBe(400);
    expect(errors?.[0]?.extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 'batch' });
  });

  it('cuts a body of more than 1 MiB off while it streams', async () => {
    const sent = await sendEndlessly(new URL('/graphql', gateway.url));
    expect(sent.status).toBe(400);
    expect(JSON.parse(sent.body)).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_EXCEEDED', limit: 'body' } }],
    });
    // What it read is the limit and what was on the way, far from what was on offer.
    expect(sent.bytes).toBeLessThan(64 * 1_048_576);
  });

  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data', 415],
    ['', 415],
  ])('does not run an operation that a foreign page could send (%s)', async (type, expected) => {
    const { status } = await post(JSON.stringify({ query: LOG_IN }), { 'content-type': type });
    expect(status).toBe(expected);
    expect(callsMade()).toBe(0);
  });

  it('refuses GET without the preflight header, and mutations by GET always', async () => {
    const query = `/graphql?query=${encodeURIComponent(OFFERS)}`;
    expect((await gateway.send(query)).status).toBe(400);
    expect((await gateway.send(query, { headers: { 'apollo-require-preflight': '1' } })).data).toEqual({
      offers: { nodes: [{ name: 'Storage' }] },
    });
    const mutation = `/graphql?query=${encodeURIComponent(LOG_IN)}`;
    expect((await gateway.send(mutation, { headers: { 'apollo-require-preflight': '1' } })).status).toBe(405);
    expect(gateway.subgraphs.identity.calls).toHaveLength(0);
  });

  it('answers no preflight: other origins are not allowed', async () => {
    const answer = await gateway.send('/graphql', {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    ['no JSON', '{'],
    ['a gzip', '\u001f\u008b\b'],
    ['a number', '1'],
    ['null', 'null'],
    ['no query', '{}'],
    ['a query that is an object', '{"query":{}}'],
    ['variables that are text', '{"query":"{ __typename }","variables":"{}"}'],
    ['an unknown operation name', '{"query":"query A { __typename }","operationName":"B"}'],
    ['no name among several operations', '{"query":"query A { __typename } query B { __typename }"}'],
  ])('answers %s with 400 and BAD_USER_INPUT', async (_what, body) => {
    const { status, errors } = await post(body);
    expect(status).toBe(400);
    expect(errors?.map((error) => error.extensions)).toEqual([{ code: 'BAD_USER_INPUT' }]);
    expect(callsMade()).toBe(0);
  });

  it('is not misled by __proto__ as alias, variable or key', async () => {
    const alias = await gateway.ask('{ __proto__: offers { nodes { id } } }');
    expect(alias.status).toBe(400);
    expect(alias.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT' });
    const key = await post('{"query":"{ __typename }","variables":{"__proto__":{"polluted":1}},"__proto__":{"a":1}}');
    expect(key.data).toEqual({ __typename: 'Query' });
    const variable = await post(
      '{"query":"query ($__proto__: ID!) { offer(id: $__proto__) { name } }","variables":{"__proto__":"ofr_1"}}',
    );
    expect(variable.data).toEqual({ offer: { name: 'Storage' } });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('gives wrong documents the status that the client understands', async () => {
    for (const query of ['{', '{ nothing }', 'query ($id: ID!) { offer(id: $id) { id } }']) {
      expect((await gateway.ask(query)).status).toBe(400);
      expect((await gateway.ask(query, { headers: { accept: 'application/json' } })).status).toBe(200);
    }
  });

  it('keeps answers out of caches and gives the request a name', async () => {
    const { headers } = await gateway.ask(OFFERS, { headers: { 'x-request-id': 'mine-1' } });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).toBe('mine-1');
    expect(
      (await gateway.ask(OFFERS, { headers: { 'x-request-id': 'not a name' } })).headers.get('x-request-id'),
    ).toMatch(/^[0-9a-f-]{36}$/);
  });
});

/** Sends spaces until the server has had enough. */
function sendEndlessly(url: URL): Promise<{ status: number; body: string; bytes: number }> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let answered = false;
    const outgoing = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, (incoming) => {
      answered = true;
      let body = '';
      incoming.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body, bytes }));
    });
    outgoing.on('error', (error) => {
      if (!answered) reject(error);
    });
    const more = () => {
      if (answered) return;
      bytes += 65_536;
      outgoing.write(Buffer.alloc(65_536, ' '), () => setImmediate(more));
    };
    more();
  });
}
