import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

const nested = (levels: number): string => `{ ${'a { '.repeat(levels - 1)} a ${'}'.repeat(levels - 1)} }`;
/** Nested as deep as wished, and valid. */
const deepAndValid = (levels: number): string =>
  `{ __schema { types { fields { type { ${'ofType { '.repeat(levels - 5)} name ${'} '.repeat(levels - 5)} } } } } }`;
const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
/** Fragments that double at each of 25 levels, on a type. */
const doubling = (type: string, root: string, leaf: string): string =>
  `{ ${root} { ...F0 } } ${times(25, (n) => `fragment F${n} on ${type} { ...F${n + 1} ...F${n + 1} }`)}
   fragment F25 on ${type} { ${leaf} }`;

/** A document of so many tokens. */
const submitWith = (tokens: number): string =>
  `mutation { submitJob(input: { idempotencyKey: "k" clusterId: "c" name: "n" resources: { wallTimeSeconds: 1 }
     command: [${times(tokens - 36, () => '"a"')}] }) { refusal { code } } }`;

describe('limits on operations', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());

  const callsMade = () => Object.values(gateway.subgraphs).flatMap((subgraph) => subgraph.calls).length;
  const limitOf = async (query: string): Promise<unknown> => {
    // Old clients get the same status: a limit is not an answer.
    const { status, data, errors } = await gateway.ask(query, { headers: { accept: 'application/json' } });
    if (errors === undefined) return null;
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions['code']).toBe('LIMIT_EXCEEDED');
    expect(status).toBe(400);
    return errors[0]?.extensions['limit'];
  };

  it.each([
    ['depth', 15, deepAndValid],
    ['aliases', 30, (n: number) => `{ offers { nodes { ${times(n, (i) => `a${i}: name`)} } } }`],
    ['rootFields', 20, (n: number) => `{ ${times(n, () => '__typename')} }`],
    ['directives', 50, (n: number) => `{ offers { nodes { ${times(n, () => 'name @include(if: true)')} } } }`],
    ['tokens', 4_000, (n: number) => submitWith(n)],
  ])('allows %s up to %i and refuses one more', async (limit, maximum, query) => {
    expect(await limitOf(query(maximum))).toBeNull();
    expect(await limitOf(query(maximum + 1))).toBe(limit);
  });

  it('counts what fragments hold wherever they are spread', async () => {
    const aliases = times(16, (n) => `a${n}: name`);
    const query = `{ offers { nodes { ...F ...F } } } fragment F on Offer { ${aliases} }`;
    expect(await limitOf(query)).toBe('aliases');
    expect(await limitOf(`{ ...F } fragment F on Query { ${times(21, () => '__typename')} }`)).toBe('rootFields');
    expect(await limitOf(`query ${times(51, () => '@skip(if: false)')} { __typename }`)).toBe('directives');
  });

  it.each([
    ['an object', doubling('Offer', 'offer(id: "x")', 'name')],
    ['an interface', doubling('Refusal', 'accessRequest(id: "x") { failure', 'code').replace('}', '} }')],
    ['a union', doubling('Principal', 'grant(id: "x") { holder', '__typename').replace('}', '} }')],
  ])('refuses fragments that double 25 levels deep on %s', async (_what, query) => {
    expect(await limitOf(query)).toBe('selections');
  });

  it.each([
    ['5,000 levels', nested(5_000)],
    ['1,000 aliases', `{ ${times(1_000, (n) => `a${n}: __typename`)} }`],
    ['10,000 directives', `{ __typename ${times(10_000, () => '@skip(if: true)')} }`],
    ['100,000 tokens', `{ ${times(100_000, () => 'a')} }`],
    ['50 logins', `mutation { ${times(50, (n) => `l${n}: logIn(input: {}) { accessToken }`)} }`],
    ['a list within lists 3,000 deep', `{ offers(kind: ${'['.repeat(1_900)}${']'.repeat(1_900)}) { __typename } }`],
    ['objects within objects', `{ offers(kind: ${'{a:'.repeat(1_200)}1${'}'.repeat(1_200)}) { __typename } }`],
  ])('refuses %s with the name of a limit, without a call', async (_what, query) => {
    const before = callsMade();
    expect(await limitOf(query)).toMatch(/^(depth|aliases|directives|tokens)$/);
    expect(callsMade()).toBe(before);
  });

  it('refuses thousands of fields with one name before they are compared with each other', async () => {
    expect(await limitOf(`{ offers { nodes { ${times(3_900, () => 'name')} } } }`)).toBe('selections');
  });

  it('is not held up by a cycle of fragments or a megabyte of comments', async () => {
    const cycle = await gateway.ask('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }');
    expect(cycle.errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    const comments = await gateway.ask(`${'# x\n'.repeat(200_000)} { __typename }`);
    expect(comments.data).toEqual({ __typename: 'Query' });
  });
});
