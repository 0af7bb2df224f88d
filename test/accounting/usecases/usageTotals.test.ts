import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { groupAccountWith, join } from '../budgetSupport.js';
import { type AccountingHarness, startAccountingHarness, type TestPerson } from '../support.js';
import { inShort, newCluster, pricesOf, publish, record, send, type TestCluster } from '../usageSupport.js';

let accounting: AccountingHarness;
let cluster: TestCluster;
let admin: TestPerson;
let member: TestPerson;
let stranger: TestPerson;
let lab: string;
const groupId = newId('group');
const DAY_MS = 86_400_000;
const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const day = (back: number, hour = 1) => new Date(midnight - back * DAY_MS + hour * 3_600_000);

beforeAll(async () => {
  accounting = await startAccountingHarness();
  cluster = await newCluster(accounting);
  const clusterId = newId('cluster');
  const validFrom = day(60).toISOString();
  const rates = [...pricesOf('standard'), ...pricesOf('gpu')];
  await publish(accounting, clusterId, { validFrom, rates });
  cluster = {
    clusterId,
    controller: {
      token: await accounting.identity.issueToken({
        subject: newId('serviceAccount'),
        scopes: ['accounting:usage'],
        clusterIds: [clusterId],
      }),
    },
  };
  admin = await accounting.newPerson();
  member = await accounting.newPerson();
  stranger = await accounting.newPerson();
  await join(accounting, admin, 'ADMIN', groupId);
  await join(accounting, member, 'MEMBER', groupId);
  lab = await groupAccountWith(accounting, admin, groupId, '20');
  const used = (name: string, user: TestPerson, back: number, more: object = {}) =>
    record(name, {
      user: user.userId,
      group: groupId,
      start: day(back).toISOString(),
      end: day(back, 2).toISOString(),
      ...more,
    });
  const sent = await send(accounting, cluster, [
    used('a', admin, 2),
    used('b', member, 2, { cpuSeconds: '7201' }),
    used('c', member, 3, { resource: 'gpu', gpuSeconds: '3600' }),
    used('d', member, 40, { cpuSeconds: '1' }),
    used('e', member, 40, { cpuSeconds: '36000' }),
  ]);
  expect(inShort(sent)).toEqual([
    'RECORDED 1',
    'RECORDED 2.000278',
    'RECORDED 11',
    'RECORDED 0.000278',
    'RECORDED 5.999444 owed 4.000556',
  ]);
});
afterAll(async () => {
  await accounting.stop();
});

interface Total {
  readonly user: { readonly id: string } | null;
  readonly resource: string | null;
  readonly periodStart: string | null;
  readonly records: string;
  readonly cpuSeconds: string;
  readonly amounts: { readonly charged: { readonly amount: string }; readonly owed: { readonly amount: string } };
}
const ask = async (by: readonly string[], filter: object, person: { token: string }, page: object = {}) => {
  const { data, errors } = await accounting.call<{
    usageTotals: { nodes: Total[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
  }>(
    `query ($by: [UsageDimension!]!, $filter: UsageFilter, $first: Int, $after: String) {
       usageTotals(by: $by, filter: $filter, first: $first, after: $after) { nodes { user { id } group { id } account { id } clusterId resource
         periodStart records cpuSeconds gpuSeconds memoryByteSeconds storageByteSeconds
         amounts { price { amount } charged { amount unit } waived { amount } owed { amount } } } pageInfo { hasNextPage endCursor } } }`,
    { by, filter, ...page },
    { token: person.token },
  );
  return (
    data?.usageTotals ?? { nodes: [], pageInfo: { hasNextPage: false, endCursor: errors[0]?.extensions.code ?? '' } }
  );
};
const charged = ({ amounts }: Total) => amounts.charged.amount;

describe('usageTotals', () => {
  it('sum by user, group, account, cluster, resource, day and month', async () => {
    const byUser = await ask(['USER'], { groupId }, admin);
    expect(Object.fromEntries(byUser.nodes.map((total) => [total.user?.id, charged(total)]))).toEqual({
      [admin.userId]: '1',
      [member.userId]: '19',
    });
    const byResource = await ask(['RESOURCE'], { groupId }, admin);
    expect(byResource.nodes.map((total) => [total.resource, total.records, charged(total)])).toEqual([
      ['gpu', '1', '11'],
      ['standard', '4', '9'],
    ]);
    const byDay = await ask(['DAY', 'RESOURCE'], { groupId }, admin);
    expect(
      byDay.nodes.map((total) => [total.periodStart, total.resource, total.cpuSeconds, total.amounts.owed.amount]),
    ).toEqual([
      [day(40, 0).toISOString(), 'standard', '36001', '4.000556'],
      [day(3, 0).toISOString(), 'gpu', '3600', '0'],
      [day(2, 0).toISOString(), 'standard', '10801', '0'],
    ]);
    const months = await ask(['MONTH'], { groupId }, admin);
    for (const { periodStart } of months.nodes) expect(periodStart).toMatch(/-01T00:00:00\.000Z$/);
    expect(await ask(['GROUP', 'ACCOUNT', 'CLUSTER'], {}, admin)).toMatchObject({
      nodes: [
        {
          group: { id: groupId },
          account: { id: lab },
          clusterId: cluster.clusterId,
          resource: null,
          user: null,
          records: '5',
        },
      ],
    });
  });

  it('equal the ledger to the last unit, whatever is summed by', async () => {
    const [row] = await accounting.sql<{ posted: string }>(
      `SELECT sum(amount)::text AS posted FROM journal_entry WHERE kind = 'USAGE' AND debit_id = $1`,
      [lab],
    );
    for (const by of [['USER'], ['RESOURCE'], ['DAY'], ['MONTH', 'USER'], ['USER', 'RESOURCE', 'DAY', 'ACCOUNT']]) {
      const { nodes } = await ask(by, { groupId }, admin, { first: 100 });
      const micros = nodes.reduce((sum, total) => sum + Math.round(Number(charged(total)) * 1e6), 0);
      expect(String(micros), by.join()).toBe(row?.posted);
    }
  });

  it('are seen as usage is: oneself, a group’s members its sums without people, ADMINs and operators all', async () => {
    expect((await ask(['RESOURCE'], { groupId }, member)).nodes.map(charged)).toEqual(['11', '9']);
    // People told apart, a member sees what is the member's own.
    expect((await ask(['USER'], { groupId }, member)).nodes.map(charged)).toEqual(['19']);
    expect((await ask(['RESOURCE'], { groupId, userId: admin.userId }, member)).nodes).toEqual([]);
    expect((await ask(['USER'], {}, admin)).nodes).toHaveLength(2);
    expect((await ask(['USER'], { groupId }, accounting.operator)).nodes).toHaveLength(2);
    expect((await ask(['USER'], {}, cluster.controller)).nodes).toHaveLength(2);
    expect((await ask(['RESOURCE'], { groupId }, stranger)).nodes).toEqual([]);
    expect((await ask(['RESOURCE'], {}, { token: '' })).pageInfo.endCursor).toBe('UNAUTHENTICATED');
  });

  it('come in pages that go on where the last ended', async () => {
    const by = ['USER', 'RESOURCE', 'DAY'];
    const all = (await ask(by, { groupId }, admin, { first: 100 })).nodes;
    expect(all).toHaveLength(4);
    const read: Total[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof ask>> = await ask(by, { groupId }, admin, { first: 1, after });
      read.push(...page.nodes);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(read).toEqual(all);
  });

  it('refuse no dimension, one twice, five, both day and month, and forged pages', async () => {
    for (const by of [[], ['USER', 'USER'], ['DAY', 'MONTH'], ['USER', 'GROUP', 'ACCOUNT', 'CLUSTER', 'RESOURCE']]) {
      expect((await ask(by, {}, admin)).pageInfo.endCursor, by.join()).toBe('BAD_USER_INPUT');
    }
    for (const page of [{ first: 0 }, { first: 101 }, { after: 'x' }]) {
      expect((await ask(['USER'], {}, admin, page)).pageInfo.endCursor).toBe('BAD_USER_INPUT');
    }
  });
});
