import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

/** Entries within entries: of 1 account, 100 transfers and as many accounts behind them. */
const entries = (inner: string, head = ''): string => `${head} {
  account(id: "acc_1") { entries(first: 100) { nodes { transfer { debit { ${inner} } } } } }
}`;
const page = (first: number | string): string => `entries(first: ${first}) { nodes { amount { unit } } }`;
// 1 account, 100 entries, 100 transfers, 100 accounts, and 96 entries of each: 9,901.
const MAXIMUM = 96;
const FRAGMENT = (first: number): string => `fragment Inner on Account { ${page(first)} }`;

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

describe('the budget of nodes', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    for (const subgraph of Object.values(gateway.subgraphs)) subgraph.calls.length = 0;
  });

  const callsMade = () => Object.values(gateway.subgraphs).flatMap((subgraph) => subgraph.calls).length;
  const isRefused = async (query: string, variables: object = {}): Promise<boolean> => {
    const before = callsMade();
    const { status, data, errors } = await gateway.ask(query, { variables });
    const limit = errors?.find((error) => error.extensions['code'] === 'LIMIT_EXCEEDED');
    if (limit === undefined) {
      // It was executed: not refused for another reason either.
      expect(errors?.filter((error) => error.extensions['code'] === 'BAD_USER_INPUT') ?? []).toEqual([]);
      return false;
    }
    expect(errors).toEqual([
      {
        message: 'The operation has more than 10000 nodes; ask for less at once.',
        extensions: { code: 'LIMIT_EXCEEDED', limit: 'nodes' },
      },
    ]);
    expect(data).toBeUndefined();
    expect(status).toBe(400);
    expect(callsMade()).toBe(before);
    return true;
  };

  it.each([
    ['a literal', (n: number) => entries(page(n))],
    ["the operation's default", (n: number) => entries(page('$n'), `query ($n: Int = ${n})`)],
    ['a fragment', (n: number) => `${entries('...Inner')} ${FRAGMENT(n)}`],
    ['an inline fragment', (n: number) => entries(`... { ... on Account { ${page(n)} } }`)],
    ['edges', (n: number) => entries(`entries(first: ${n}) { edges { node { amount { unit } } } }`)],
    ['edges without their nodes', (n: number) => entries(`entries(first: ${n}) { edges { cursor } }`)],
    ['a page of which nothing is shown', (n: number) => entries(`entries(first: ${n}) { pageInfo { endCursor } }`)],
    [
      'a fragment on the page',
      (n: number) => `${entries(`entries(first: ${n}) { ...Page }`)}
      fragment Page on EntryConnection { nodes { amount { unit } } }`,
    ],
  ])('multiplies pages within pages: %s', async (_how, query) => {
    expect(await isRefused(query(MAXIMUM))).toBe(false);
    expect(callsMade()).toBeGreaterThan(0);
    expect(await isRefused(query(MAXIMUM + 1))).toBe(true);
  });

  it('measures each request with its own variables', async () => {
    const query = entries(page('$n'), 'query ($n: Int)');
    expect(await isRefused(query, { n: MAXIMUM })).toBe(false);
    expect(await isRefused(query, { n: MAXIMUM + 1 })).toBe(true);
    expect(await isRefused(query, {})).toBe(false);
    expect(await isRefused(query, { n: null })).toBe(false);
    // Out of range is for the subgraph to refuse; here it must not make the operation small or large.
    expect(await isRefused(query, { n: -1_000_000 })).toBe(false);
    expect(await isRefused(query, { n: 1_000_000 })).toBe(true);
    const outer = `query ($n: Int) { account(id: "acc_1") { entries(first: $n) { nodes { transfer { debit {
      entries(first: 100) { nodes { amount { unit } } } } } } } } }`;
    expect(await isRefused(outer, { n: 0 })).toBe(false);
    expect(await isRefused(outer, { n: 98 })).toBe(true);
  });

  it('leaves a wrong variable to its own refusal, before anything is asked', async () => {
    const { errors } = await gateway.ask(entries(page('$n'), 'query ($n: Int)'), { variables: { n: 'many' } });
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT' });
    expect(callsMade()).toBe(0);
  });

  it('counts a page of 20 where none is asked for', async () => {
    // 1 user, 20 groups, 400 accounts, 8,000 entries.
    const groups = (below: string) => `{ viewer { user { groups { nodes { accounts { nodes { ${below} } } } } } } }`;
    expect(await isRefused(groups('entries { nodes { amount { unit } } }'))).toBe(false);
    expect(await isRefused(groups('entries { nodes { amount { unit } } } holds(first: 4) { nodes { id } }'))).toBe(
      true,
    );
  });

  it('counts plain lists as ten', async () => {
    const invoices = (first: number) =>
      `{ accessRequests(first: ${first}) { nodes { invoice { lines { __typename } } } } }`;
    expect(await isRefused(invoices(100))).toBe(false);
    const credits = (levels: number) =>
      `{ accessRequest(id: "x") { invoice { ${'credits { '.repeat(levels)} id ${'}'.repeat(levels)} } } }`;
    expect(await isRefused(credits(3))).toBe(false);
    expect(await isRefused(credits(4))).toBe(true);
  });

  it('adds lists side by side', async () => {
    const aliases = (count: number) =>
      entries(times(count, (n) => `a${n}: entries(first: 10) { nodes { amount { unit } } }`));
    expect(await isRefused(aliases(9))).toBe(false);
    expect(await isRefused(aliases(10))).toBe(true);
  });

  it('counts fragments within fragments without writing them out', async () => {
    const levels = times(
      6,
      (n) => `fragment F${n} on Account { entries(first: 2) { nodes { amount { unit } } } ...F${n + 1} ...F${n + 1} }`,
    );
    expect(await isRefused(`${entries('...F0')} ${levels} fragment F6 on Account { id }`)).toBe(true);
  });

  it('lets a first look at everything pass with default pages', async () => {
    const money = 'balance { available { amount unit } held { amount unit } posted { amount unit } }';
    const query = `{ viewer { user { username
      groups { nodes { name accounts { nodes { id name ${money} } } members { nodes { role user { username } } } } }
      accounts { nodes { id name ${money} } }
      grants { nodes { id status offer { name } escrow { id ${money} } } }
      drives { nodes { id name usage { live } } }
      jobs { nodes { id name status grant { id offer { name } } } } } } }`;
    expect(await isRefused(query)).toBe(false);
  });
});
