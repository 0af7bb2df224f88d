import { createHash } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { type AccountingHarness, startAccountingHarness, type TestPerson } from '../support.js';
import {
  controllerOf,
  HOUR_AGO,
  inShort,
  newCluster,
  pricesOf,
  publish,
  record,
  send,
  type TestCluster,
} from '../usageSupport.js';

interface Page {
  readonly nodes: readonly (Record<string, unknown> & { readonly externalId: string })[];
  readonly totals: {
    readonly records: string;
    readonly cpuSeconds: string;
    readonly amounts: readonly Record<'price' | 'charged' | 'owed', { readonly amount: string }>[];
  };
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

let accounting: AccountingHarness;
let cluster: TestCluster;
let other: TestCluster;
let alice: TestPerson;
let bob: TestPerson;
let alices: string;
let owner: pg.Client;
const at = (minutes: number): string => new Date(HOUR_AGO.getTime() + minutes * 60_000).toISOString();

beforeAll(async () => {
  accounting = await startAccountingHarness();
  cluster = await newCluster(accounting);
  other = await newCluster(accounting);
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
  alices = await accounting.accountWith(alice, '100');
  await accounting.accountWith(bob, '1.5');
  owner = new pg.Client({ connectionString: accounting.settings.database.ownerUrl });
  await owner.connect();
  const hour = (externalId: string, minutes: number, more: object) =>
    record(externalId, { start: at(minutes), end: at(minutes + 60), ...more });
  const sent = await send(accounting, cluster, [
    hour('1', 0, {
      user: alice.userId,
      metadata: [
        { name: 'queue', value: 'fast' },
        { name: 'node', value: 'n1' },
      ],
    }),
    hour('2', 1, { user: alice.userId, cpuSeconds: '7200', gpuSeconds: '360' }),
    hour('3', 1, { user: alice.userId, segment: 1 }),
    hour('4', 2, { user: bob.userId, cpuSeconds: '7200' }),
    // Bob's use that Alice's account pays is named by its account alone, since a person's money is that person's.
    hour('5', 3, { account: alices }),
  ]);
  expect(inShort(sent)).toEqual(['RECORDED 1', 'RECORDED 3', 'RECORDED 1', 'RECORDED 1.5 owed 0.5', 'RECORDED 1']);
  await send(accounting, other, [hour('1', 0, { user: alice.userId })]);
});
afterAll(async () => {
  await owner.end();
  await accounting.stop();
});

const QUERY = `query ($filter: UsageFilter, $first: Int, $after: String) { usage(filter: $filter, first: $first, after: $after) {
  nodes { clusterId externalId segment revision user { id } group { id } account { id name } resource start end cpuSeconds
    gpuSeconds memoryByteSeconds storageByteSeconds metadata { name value } price { amount unit } charged { amount }
    owed { amount } transfer { id kind } recordedAt }
  totals { records cpuSeconds gpuSeconds memoryByteSeconds storageByteSeconds amounts { price { amount unit } charged { amount } owed { amount } } }
  pageInfo { hasNextPage endCursor } } }`;

async function read(token: string, filter: object = {}, page: object = { first: 100 }): Promise<Page> {
  const answer = await accounting.call<{ usage: Page }>(QUERY, { filter, ...page }, { token });
  if (answer.data === null) throw new Error(JSON.stringify(answer.errors));
  return answer.data.usage;
}
const names = ({ nodes }: Page): readonly string[] => nodes.map(({ externalId }) => externalId);
const amountsOf = ({ totals }: Page) =>
  totals.amounts.map(({ price, charged, owed }) => [price.amount, charged.amount, owed.amount]);

describe('Query.usage', () => {
  it('shows what was recorded, that which began last first', async () => {
    const { nodes } = await read(alice.token, { clusterId: cluster.clusterId });
    expect(nodes.map(({ externalId }) => externalId)).toEqual(['5', '3', '2', '1']);
    expect(nodes[3]).toMatchObject({
      clusterId: cluster.clusterId,
      segment: 0,
      revision: 0,
      user: { id: alice.userId },
      group: null,
      account: { id: alices, name: 'Test' },
      resource: 'standard',
      start: at(0),
      end: at(60),
      cpuSeconds: '3600',
      gpuSeconds: '0',
      metadata: [
        { name: 'node', value: 'n1' },
        { name: 'queue', value: 'fast' },
      ],
      price: { amount: '1', unit: 'CREDIT' },
      charged: { amount: '1' },
      owed: { amount: '0' },
      transfer: { kind: 'USAGE' },
    });
  });

  it('shows each viewer what is theirs: a person’s own, a controller’s clusters, everything to operators', async () => {
    expect(names(await read(alice.token))).toHaveLength(5);
    expect(names(await read(bob.token))).toEqual(['4']);
    expect(names(await read(bob.token, { userId: alice.userId }))).toEqual([]);
    expect(names(await read(bob.token, { accountId: alices }))).toEqual([]);
    expect(names(await read(bob.token, { userId: newId('user') }))).toEqual([]);
    expect(names(await read(bob.token, { accountId: 'no id' }))).toEqual([]);
    expect(names(await read(cluster.controller.token))).toEqual(['5', '4', '3', '2', '1']);
    expect(names(await read(cluster.controller.token, { clusterId: other.clusterId }))).toEqual([]);
    expect(names(await read(accounting.operator.token))).toHaveLength(6);
    const noScope = await controllerOf(accounting, [cluster.clusterId], ['compute:control']);
    expect((await accounting.call('{ usage { nodes { segment } } }', {}, noScope)).errors[0]?.extensions.code).toBe(
      'FORBIDDEN',
    );
    expect((await accounting.call('{ usage { nodes { segment } } }')).errors[0]?.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
  });

  it.each([
    ['user', { userId: 'BOB' }, ['4']],
    ['account', { accountId: 'ALICES' }, ['5', '3', '2', '1', '1']],
    ['group', { groupId: newId('group') }, []],
    ['resource', { resource: 'unheard-of' }, []],
    ['resource with NUL', { resource: '\0' }, []],
    ['period', { clusterId: 'CLUSTER', from: at(1), to: at(2) }, ['3', '2']],
  ])('filters by %s', async (_what, filter, expected) => {
    const stands: Readonly<Record<string, string>> = { BOB: bob.userId, ALICES: alices, CLUSTER: cluster.clusterId };
    const filled = Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, stands[value] ?? value]));
    expect(names(await read(accounting.operator.token, filled))).toEqual(expected);
  });

  it('gives pages that are stable and end, and refuses cursors of others', async () => {
    const token = accounting.operator.token;
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: Page = await read(token, {}, { first: 2, after });
      seen.push(...page.nodes.map(({ clusterId, externalId }) => `${String(clusterId)} ${externalId}`));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(new Set(seen).size).toBe(6);
    for (const position of [['a'], ['a', 'b', 'c', 'd'], [at(0), 'b\0', 'c', '0'], [at(0), 'b', 'c', '99999999999']]) {
      const forged = Buffer.from(JSON.stringify(position)).toString('base64url');
      const answer = await accounting.call(QUERY, { after: forged }, { token });
      expect(answer.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
    const large = await accounting.call(QUERY, { first: 101 }, { token });
    expect(large.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('has totals of all records on every page, equal to the ledger to the last unit', async () => {
    const page = await read(accounting.operator.token, { clusterId: cluster.clusterId }, { first: 1 });
    expect(page.nodes).toHaveLength(1);
    expect(page.totals).toMatchObject({ records: '5', cpuSeconds: '25200', gpuSeconds: '360' });
    expect(amountsOf(page)).toEqual([['8', '7.5', '0.5']]);
    // An odd price and a correction, so that roundings and differences are in it too.
    const odd = (more: object) => record('odd', { user: alice.userId, cpuSeconds: '1', ...more });
    await send(accounting, other, [odd({})]);
    await send(accounting, other, [odd({ revision: 1, cpuSeconds: '7', gpuSeconds: '1' })]);
    const { rows } = await owner.query<{ charged: string }>(
      `SELECT trim_scale(sum(CASE WHEN kind = 'USAGE' THEN amount ELSE -amount END) / 1000000.0)::text AS charged
       FROM journal_entry WHERE kind IN ('USAGE', 'REFUND') AND $1 IN (debit_id, credit_id)`,
      [alices],
    );
    const totals = amountsOf(await read(alice.token, { accountId: alices }));
    expect(totals).toEqual([[rows[0]?.charged, rows[0]?.charged, '0']]);
    expect(amountsOf(await read(alice.token, { accountId: newId('account') }))).toEqual([]);
  });
});

describe('reconcileUsage', () => {
  const RECONCILE = `query ($input: ReconcileUsageInput!) { reconcileUsage(input: $input) {
    missing { externalId segment record { segment } } extra { externalId segment record { cpuSeconds } }
    different { externalId segment record { cpuSeconds gpuSeconds } } hasMoreExtra } }`;
  const reconcile = (input: object, token = cluster.controller.token) =>
    accounting.call<{ reconcileUsage: object }>(
      RECONCILE,
      { input: { clusterId: cluster.clusterId, from: at(0), to: at(60), records: [], ...input } },
      { token },
    );

  it('says what is missing, extra and different', async () => {
    const records = [
      { externalId: '1', cpuSeconds: '3600' },
      { externalId: '2', cpuSeconds: '7200', gpuSeconds: '361' },
      { externalId: '3', cpuSeconds: '3600' },
      { externalId: '4', cpuSeconds: '7200' },
    ];
    const expected = {
      missing: [{ externalId: '3', segment: 0, record: null }],
      extra: [
        { externalId: '3', segment: 1, record: { cpuSeconds: '3600' } },
        { externalId: '5', segment: 0, record: { cpuSeconds: '3600' } },
      ],
      different: [{ externalId: '2', segment: 0, record: { cpuSeconds: '7200', gpuSeconds: '360' } }],
      hasMoreExtra: false,
    };
    expect((await reconcile({ records })).data?.reconcileUsage).toEqual(expected);
    expect((await reconcile({ records }, accounting.operator.token)).data?.reconcileUsage).toEqual(expected);
  });

  it('is bounded and shows when there is more', async () => {
    const full = await newCluster(accounting);
    const account = await accounting.accountWith(alice, '0');
    const many = Array.from({ length: 1_001 }, (_, n) => record(`m-${n}`, { account, cpuSeconds: '0' }));
    await send(accounting, full, many.slice(0, 1_000));
    await send(accounting, full, many.slice(1_000));
    const answer = await reconcile({ clusterId: full.clusterId }, full.controller.token);
    const found = answer.data?.reconcileUsage as { extra: object[]; hasMoreExtra: boolean };
    expect([found.extra.length, found.hasMoreExtra]).toEqual([1_000, true]);
    const codes = await Promise.all(
      [
        Array.from({ length: 1_001 }, (_, n) => ({ externalId: `m-${n}` })),
        [{ externalId: 'a' }, { externalId: 'a' }],
        [{ externalId: '' }],
        [{ externalId: 'a', cpuSeconds: '-1' }],
        [{ externalId: 'a', storageByteSeconds: '-1' }],
      ].map(async (records) => (await reconcile({ records })).errors[0]?.extensions.code),
    );
    expect(codes).toEqual(Array(5).fill('BAD_USER_INPUT'));
  });

  it('sums days, with a digest that a controller can make itself', async () => {
    const DAYS = `query ($id: ID!, $from: DateTime!, $to: DateTime!) { usageDays(clusterId: $id, from: $from, to: $to) {
      day records cpuSeconds gpuSeconds memoryByteSeconds storageByteSeconds digest } }`;
    const ask = (variables: object, token = cluster.controller.token) =>
      accounting.call<{ usageDays: { records: string; digest: string }[] }>(
        DAYS,
        { id: cluster.clusterId, from: at(0), to: at(1), ...variables },
        { token },
      );
    const lines = '1 0 3600 0 0 0\n';
    expect((await ask({})).data?.usageDays).toEqual([
      {
        day: `${at(0).slice(0, 10)}T00:00:00.000Z`,
        records: '1',
        cpuSeconds: '3600',
        gpuSeconds: '0',
        memoryByteSeconds: '0',
        storageByteSeconds: '0',
        digest: createHash('sha256').update(lines).digest('base64url'),
      },
    ]);
    const long = await ask({ from: '2020-01-01T00:00:00Z' });
    expect(long.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    for (const [token, code] of [
      [alice.token, 'FORBIDDEN'],
      [other.controller.token, 'NOT_FOUND'],
    ] as const) {
      expect((await ask({}, token)).errors[0]?.extensions.code).toBe(code);
      expect((await reconcile({}, token)).errors[0]?.extensions.code).toBe(code);
    }
  });

  it('shows prices beside another’s name and id alone', async () => {
    const clusterId = newId('cluster');
    await publish(accounting, clusterId, { rates: pricesOf('a') });
    const query = 'query ($id: ID!) { rateCard(clusterId: $id) { payee { id name balance { posted { amount } } } } }';
    const seen = await accounting.call<{ rateCard: { payee: { balance: null } } }>(query, { id: clusterId }, alice);
    expect(seen.data?.rateCard.payee.balance).toBeNull();
  });
});
