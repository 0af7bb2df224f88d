import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { ClusterBalance } from '../../../subgraphs/accounting/domain/clusterBalance.js';
import { makeSqlClusterBalances } from '../../../subgraphs/accounting/persistence/sqlClusterBalances.js';
import type { BalanceSight } from '../../../subgraphs/accounting/usecases/ports/clusterBalances.js';
import { type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';

const PEOPLE = 2_000;
const MEMBERS = 2_000;
const OTHERS = 20_000;
const PAGE = 20;
const READINGS = 8;

let bench: LedgerBench;
let clusterId: string;
let payer: string;

beforeAll(async () => {
  bench = await openLedgerBench();
  payer = await bench.accountWith(0);
});
beforeEach(() => {
  clusterId = newId('cluster');
});
afterAll(() => bench.close());

/** Live grants of these holders on the cluster, so much on each, as the owner of the database. */
async function grants(holders: readonly string[], amount: number): Promise<readonly string[]> {
  const accounts = holders.map(() => newId('account'));
  await bench.owner.query(
    `INSERT INTO account (id, name, kind, unit, owner_id, posted)
     SELECT n.id, 'Grant', 'ESCROW', 'CREDIT', n.holder, $3 FROM unnest($1::text[], $2::text[]) AS n(id, holder)`,
    [accounts, holders, units(amount)],
  );
  await bench.owner.query(
    `INSERT INTO escrow (account_id, grant_id, holder_id, payer_id, payee_id, hold_id, opened_by, starts_at, ends_at, cluster_id)
     SELECT n.id, 'grt_' || n.id, n.holder, $3, $4, 'hld_' || n.id, 'access', now() - interval '1 day', now() + interval '1 day', $5
     FROM unnest($1::text[], $2::text[]) AS n(id, holder)`,
    [accounts, holders, payer, wellKnown.accountRevenueLocal, clusterId],
  );
  return accounts;
}

/** Members of a group, as the feed tells of them. */
const members = (groupId: string, people: readonly string[]) =>
  bench.owner.query(
    `INSERT INTO platform.feed_projection (kind, subject, state, data, sequence)
     SELECT 'MEMBERSHIP', $1 || '/' || u, 'MEMBER', '{}', 1 FROM unnest($2::text[]) AS u`,
    [groupId, people],
  );

/** All pages. */
async function all(sight: BalanceSight, first = PAGE): Promise<readonly ClusterBalance[]> {
  const balances = makeSqlClusterBalances(bench.prisma);
  const found: ClusterBalance[] = [];
  for (let after: readonly string[] | null = null; ; ) {
    const rows = await balances.page({ clusterId, unit: 'CREDIT' }, sight, { first, after });
    found.push(...rows.slice(0, first));
    const last = found.at(-1);
    if (rows.length <= first || last === undefined) return found;
    after = [last.userId, last.groupId ?? ''];
  }
}
const ids = (count: number) => Array.from({ length: count }, () => newId('user')).sort();

describe('the pages', () => {
  it('hold everybody once for each holder, in order, of whatever size they are', async () => {
    const [one, two] = [newId('group'), newId('group')].sort() as [string, string];
    const people = ids(9);
    await members(one, people.slice(0, 6));
    await members(two, people.slice(3));
    await grants([one, one, two], 10);
    await grants([people[4] ?? '', people[8] ?? '', people[8] ?? ''], 3);
    const expected = people
      .flatMap((userId, n) => [
        ...(n === 4 || n === 8 ? [{ userId, groupId: null, remaining: n === 8 ? 6 : 3 }] : []),
        ...(n < 6 ? [{ userId, groupId: one, remaining: 20 }] : []),
        ...(n >= 3 ? [{ userId, groupId: two, remaining: 10 }] : []),
      ])
      .map((line) => ({ ...line, remaining: { micros: units(line.remaining), unit: 'CREDIT' } }));
    for (const size of [1, 2, 3, 5, 100]) expect(await all(null, size)).toEqual(expected);
    const of = (keep: (line: (typeof expected)[number]) => boolean) => expected.filter(keep);
    const userId = people[4] ?? '';
    expect(await all({ userId, administered: [] }, 1)).toEqual(of((line) => line.userId === userId));
    expect(await all({ userId, administered: [two] }, 2)).toEqual(
      of((line) => line.userId === userId || line.groupId === two),
    );
    expect(await all({ userId: newId('user'), administered: [] })).toEqual([]);
  });

  it('leave out who was put out, other units and grants that are over', async () => {
    const group = newId('group');
    const people = ids(3);
    await members(group, people);
    const [escrow] = await grants([group], 10);
    await bench.owner.query(`UPDATE platform.feed_projection SET state = 'REMOVED' WHERE subject = $1`, [
      `${group}/${people[1]}`,
    ]);
    expect((await all(null, 1)).map(({ userId }) => userId)).toEqual([people[0], people[2]]);
    expect(
      await makeSqlClusterBalances(bench.prisma).page({ clusterId, unit: 'POINT' }, null, { first: 5, after: null }),
    ).toEqual([]);
    await bench.owner.query('UPDATE escrow SET ends_at = now() WHERE account_id = $1', [escrow]);
    expect(await all(null)).toEqual([]);
  });
});

describe('what a capped member may still use', () => {
  /** A group's grant of 10 with two members, the first of whom may use 6. */
  async function capped() {
    const group = newId('group');
    const [member = '', other = ''] = ids(2);
    await members(group, [member, other]);
    const [escrow = ''] = await grants([group], 10);
    await bench.owner.query(
      `SELECT set_member_cap(jsonb_build_object('auditId', $1::text, 'actor', 'test', 'operation', 'setMemberCap', 'requestId', 'test',
         'clientIp', '192.0.2.1'), jsonb_build_object('accountId', $2::text, 'memberId', $3::text, 'unit', 'CREDIT', 'maximum', 6000000, 'capsMax', 10))`,
      [newId('audit'), escrow, member],
    );
    const hold = async (spender: string, amount: number) =>
      bench.heldOf(await bench.placeHold(escrow, wellKnown.accountRevenueLocal, amount, { holderId: spender }));
    const left = async () => (await all(null)).map(({ remaining }) => Number(remaining.micros) / 1e6);
    return { member, other, hold, left };
  }

  it('is the least of what is left of the grant, and of the cap less what the member holds', async () => {
    const { member, other, hold, left } = await capped();
    expect(await left()).toEqual([6, 10]);
    await hold(member, 2);
    expect(await left()).toEqual([4, 8]);
    await hold(other, 5);
    expect(await left()).toEqual([3, 3]);
  });

  it('does not count holds whose time is over, the own ones neither, before they are tidied', async () => {
    const { member, other, hold, left } = await capped();
    const own = await hold(member, 4);
    const others = await hold(other, 5);
    expect(await left()).toEqual([1, 1]);
    await bench.letExpire(own.id);
    expect(await left()).toEqual([5, 5]);
    await bench.letExpire(others.id);
    expect(await left()).toEqual([6, 10]);
  });
});

describe(`a page of ${PAGE} of ${PEOPLE} people with grants and a group of ${MEMBERS}`, () => {
  it.each<[string, (userId: string, groupId: string) => BalanceSight, boolean]>([
    ['everybody', () => null, false],
    ['everybody, in the middle', () => null, true],
    ['an ADMIN’s', (userId, groupId) => ({ userId, administered: [groupId] }), false],
    ['a member’s own', (userId) => ({ userId, administered: [] }), false],
  ])('fetches little more than its lines: %s', async (_name, sightOf, inMiddle) => {
    const group = newId('group');
    const people = ids(MEMBERS);
    await members(group, people);
    await grants([group, ...people.slice(0, PEOPLE)], 1);
    // Groups without a grant here, as most are.
    await members(newId('group'), ids(OTHERS));
    await bench.owner.query('VACUUM (ANALYZE) platform.feed_projection, account, escrow, hold, budget, budget_use');
    const middle = people[MEMBERS / 2] ?? '';
    const page = { first: PAGE, after: inMiddle ? [middle, ''] : null };
    const most = await bench.prisma.$transaction(async (sql) => {
      const count = async (): Promise<number> => {
        const [row] = await sql.$queryRawUnsafe<{ rows: number }[]>(
          `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS rows FROM pg_stat_xact_user_tables
           WHERE relname IN ('feed_projection', 'account', 'escrow', 'hold', 'budget', 'budget_use')`,
        );
        return row?.rows ?? Number.NaN;
      };
      let fetched = 0;
      for (let reading = 0; reading < READINGS; reading += 1) {
        const before = await count();
        await makeSqlClusterBalances(sql).page({ clusterId, unit: 'CREDIT' }, sightOf(middle, group), page);
        fetched = Math.max(fetched, (await count()) - before);
      }
      return fetched;
    });
    // Of each line its membership, its escrow (also as a candidate) and its account, twice.
    expect(most).toBeLessThanOrEqual(20 * (PAGE + 2));
  });
});
