import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { Answer } from '../../support/subgraph.js';
import { groupAccountWith, join } from '../budgetSupport.js';
import { chargeStep, playCharges } from '../chargeActivity.js';
import { readDocument } from '../documents.js';
import { type AccountingHarness, startAccountingHarness, type TestPerson } from '../support.js';
import { newCluster, type TestCluster } from '../usageSupport.js';

// Invariants, after any activity (drawn by SEED; TOLLGATE_TEST_SEED takes another, to replay one that is printed):
//   1. what a provider earned by the report is what its account's journal says of use;
//   2. what an account paid by the report is what left it for use, less what came back and what its grants still hold;
//   3. the pages of the graph and the lines of the CSV are the same, whatever they are summed by;
//   4. whoever sees less sees a part of it: oneself the own, members the group's sums, ADMINs all of it.
const SEED = Number(process.env['TOLLGATE_TEST_SEED'] ?? 20_261_128);
const STEPS = 70;

let accounting: AccountingHarness;
let operator: TestPerson;
let admin: TestPerson;
let member: TestPerson;
let loner: TestPerson;
let stranger: TestPerson;
let providerAdmin: TestPerson;
let cluster: TestCluster;
let lab: string;
let own: string;
const groupId = newId('group');
const providerId = newId('group');
const otherRevenue = newId('account');

beforeAll(async () => {
  accounting = await startAccountingHarness();
  operator = accounting.operator;
  [admin, member, loner, stranger, providerAdmin] = (await Promise.all(
    Array.from({ length: 5 }, () => accounting.newPerson()),
  )) as [TestPerson, TestPerson, TestPerson, TestPerson, TestPerson];
  await accounting.sql(
    `INSERT INTO account (id, name, kind, unit, owner_id) VALUES ($1, 'Earnings', 'REVENUE', 'CREDIT', $2)`,
    [otherRevenue, providerId],
  );
  await join(accounting, admin, 'ADMIN', groupId);
  await join(accounting, member, 'MEMBER', groupId);
  await join(accounting, providerAdmin, 'ADMIN', providerId);
  cluster = await newCluster(accounting);
  lab = await groupAccountWith(accounting, admin, groupId, '5000');
  own = await accounting.accountWith(loner, '5000');
  const cast = { accounting, admin, member, loner, providerAdmin, cluster, lab, own, groupId, otherRevenue };
  await playCharges(cast, fc.sample(chargeStep, { numRuns: STEPS, seed: SEED }));
});
afterAll(() => accounting.stop());

interface Total {
  readonly user: { readonly id: string } | null;
  readonly group: { readonly id: string } | null;
  readonly account: { readonly id: string } | null;
  readonly provider: { readonly id: string } | null;
  readonly grant: { readonly id: string } | null;
  readonly offer: { readonly id: string } | null;
  readonly clusterId: string | null;
  readonly resource: string | null;
  readonly periodStart: string | null;
  readonly entries: string;
  readonly charged: { readonly amount: string; readonly unit: string };
}

interface Page {
  readonly charges: {
    readonly nodes: Total[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const CHARGES = `query ($by: [ChargeDimension!]!, $filter: ChargeFilter, $after: String) {
  charges(by: $by, filter: $filter, first: 7, after: $after) {
    nodes { user { id } group { id } account { id } provider { id } grant { id } offer { id } clusterId resource periodStart
      entries charged { amount unit } }
    pageInfo { hasNextPage endCursor } } }`;

/** All pages of a report; the code of the fault where there is one. */
async function ask(by: readonly string[], filter: object, { token }: { token: string }): Promise<Total[]> {
  const all: Total[] = [];
  for (let after: string | null = null; ; ) {
    const { data, errors }: Answer<Page> = await accounting.call<Page>(CHARGES, { by, filter, after }, { token });
    if (data?.charges == null) throw new Error(errors[0]?.extensions.code);
    all.push(...data.charges.nodes);
    if (!data.charges.pageInfo.hasNextPage) return all;
    after = data.charges.pageInfo.endCursor;
  }
}

const toMicros = (amount: string): bigint => {
  const [whole = '0', places = ''] = amount.replace('-', '').split('.');
  return BigInt(whole + places.padEnd(6, '0')) * (amount.startsWith('-') ? -1n : 1n);
};
const sumOf = (totals: readonly Total[]): bigint =>
  totals.reduce((sum, { charged }) => sum + toMicros(charged.amount), 0n);

const CELL: Readonly<Record<string, (total: Total) => string>> = {
  USER: ({ user }) => user?.id ?? '',
  GROUP: ({ group }) => group?.id ?? '',
  ACCOUNT: ({ account }) => account?.id ?? '',
  PROVIDER: ({ provider }) => provider?.id ?? '',
  GRANT: ({ grant }) => grant?.id ?? '',
  OFFER: ({ offer }) => offer?.id ?? '',
  CLUSTER: ({ clusterId }) => clusterId ?? '',
  RESOURCE: ({ resource }) => `"${resource ?? ''}"`,
  DAY: ({ periodStart }) => periodStart?.slice(0, 10) ?? '',
  MONTH: ({ periodStart }) => periodStart?.slice(0, 7) ?? '',
};
const csvOf = (by: readonly string[], totals: readonly Total[]): string[] =>
  totals.map((total) =>
    [...by.map((one) => CELL[one]?.(total)), total.entries, total.charged.amount, total.charged.unit].join(','),
  );

describe(`reports of charges, with seed ${SEED}`, () => {
  it('say of a provider what its journal says', async () => {
    const totals = await ask(['PROVIDER'], {}, operator);
    for (const [group, account] of [
      [providerId, otherRevenue],
      [wellKnown.groupLocal, wellKnown.accountRevenueLocal],
    ]) {
      const [row] = await accounting.sql<{ earned: string }>(
        `SELECT sum(CASE WHEN j.credit_id = $1 AND j.kind IN ('CAPTURE', 'USAGE') THEN j.amount
                         WHEN j.debit_id = $1 AND j.kind IN ('REFUND', 'REVERSAL') THEN -j.amount ELSE 0 END)::text AS earned
         FROM journal_entry j WHERE j.transfer_id IS NOT NULL`,
        [account],
      );
      const told = totals.filter(({ provider }) => provider?.id === group);
      expect(sumOf(told)).toBe(BigInt(row?.earned ?? '0'));
      expect(sumOf(told)).toBeGreaterThan(0n);
    }
  });

  it('say of an account what left it and is not held by its grants any more', async () => {
    const totals = await ask(['ACCOUNT'], {}, operator);
    for (const account of [lab, own]) {
      const [row] = await accounting.sql<{ spent: string }>(
        `SELECT (SELECT coalesce(sum(CASE WHEN j.debit_id = $1 THEN j.amount ELSE -j.amount END), 0) FROM journal_entry j
                 WHERE $1 IN (j.debit_id, j.credit_id) AND j.kind IN ('CAPTURE', 'USAGE', 'REFUND', 'REVERSAL'))
              - (SELECT coalesce(sum(a.posted), 0) FROM escrow e JOIN account a ON a.id = e.account_id WHERE e.payer_id = $1)
              AS spent`,
        [account],
      );
      expect(sumOf(totals.filter((total) => total.account?.id === account))).toBe(BigInt(row?.spent ?? '0'));
    }
  });

  const ways = [
    ['USER', 'DAY'],
    ['GROUP', 'MONTH', 'PROVIDER'],
    ['GRANT', 'USER'],
    ['OFFER'],
    ['CLUSTER', 'RESOURCE', 'ACCOUNT'],
    ['USER', 'GROUP', 'GRANT', 'RESOURCE', 'DAY'],
  ];
  it.each(ways)('are the same as CSV, by %s, %s ...', async (...by) => {
    const totals = await ask(by, {}, operator);
    const document = await readDocument(accounting, `/reports/charges.csv?by=${by.join(',')}`, operator.token);
    expect(document.status).toBe(200);
    const [heading, ...lines] = document.text.trimEnd().split('\r\n');
    expect(heading).toBe([...by.map((one) => one.toLowerCase()), 'entries', 'amount', 'unit'].join(','));
    expect(lines).toEqual(csvOf(by, totals));
    expect(sumOf(totals)).toBe(sumOf(await ask(['PROVIDER'], {}, operator)));
  });

  it('show oneself the own, the ADMINs of a group all of it, a member its sums, and a provider what it earned', async () => {
    const all = await ask(['USER', 'ACCOUNT'], {}, operator);
    const part = (keep: (total: Total) => boolean) => all.filter(keep);
    expect(await ask(['USER', 'ACCOUNT'], {}, loner)).toEqual(part(({ account }) => account?.id === own));
    expect(await ask(['USER', 'ACCOUNT'], {}, member)).toEqual(part(({ user }) => user?.id === member.userId));
    expect(await ask(['USER', 'ACCOUNT'], {}, admin)).toEqual(part(({ account }) => account?.id === lab));
    expect(await ask(['USER', 'ACCOUNT'], {}, stranger)).toEqual([]);
    const sums = await ask(['CLUSTER', 'DAY'], { groupId }, member);
    expect(sums).toEqual(await ask(['CLUSTER', 'DAY'], { groupId }, operator));
    expect(sums).toEqual(await ask(['CLUSTER', 'DAY'], { groupId }, admin));
    // Nobody is singled out: neither by what is summed by nor by the filter.
    const mine = await ask(['USER'], { groupId }, member);
    expect(mine.map(({ user }) => user?.id)).toEqual([member.userId]);
    expect(await ask(['GRANT'], { groupId, userId: admin.userId }, member)).toEqual([]);
    // One person alone may use a grant: of those of others a member sees no sum.
    const ofGrants = (more: object) => ask(['GRANT'], { groupId, ...more }, member);
    expect(await ofGrants({})).toEqual(await ask(['GRANT'], { groupId, userId: member.userId }, operator));
    const [another] = (await ask(['GRANT'], { groupId, userId: admin.userId }, operator)).flatMap(
      ({ grant }) => grant ?? [],
    );
    if (another === undefined) throw new Error('the ADMIN used none');
    expect(await ofGrants({ grantId: another.id })).toEqual(
      await ask(['GRANT'], { groupId, userId: member.userId, grantId: another.id }, operator),
    );
    expect(await ask(['GRANT'], { groupId }, stranger)).toEqual([]);
    expect(await ask(['GRANT', 'USER'], {}, providerAdmin)).toEqual(
      await ask(['GRANT', 'USER'], { providerId }, operator),
    );
    expect(await ask(['GRANT'], { providerId: wellKnown.groupLocal }, providerAdmin)).toEqual([]);
  });

  it('are of the time and of what is asked for', async () => {
    const whole = sumOf(await ask(['DAY'], {}, operator));
    const noon = new Date().toISOString();
    const before = sumOf(await ask(['DAY'], { to: noon }, operator));
    expect(before + sumOf(await ask(['DAY'], { from: noon }, operator))).toBe(whole);
    const metered = await ask(['CLUSTER'], { clusterId: cluster.clusterId }, operator);
    const [charged] = await accounting.sql<{ sum: string }>(
      'SELECT coalesce(sum(charged), 0)::text AS sum FROM usage_record WHERE cluster_id = $1',
      [cluster.clusterId],
    );
    expect(sumOf(metered)).toBe(BigInt(charged?.sum ?? '-1'));
    expect(await ask(['DAY'], { grantId: 'grt_\u0000' }, operator)).toEqual([]);
  });

  it('ask for a token, and for dimensions that make sense', async () => {
    const status = async (query: string, token: string | null) =>
      (await readDocument(accounting, `/reports/charges.csv${query}`, token)).status;
    expect(await status('?by=DAY', null)).toBe(401);
    expect(await status('?by=DAY', loner.token)).toBe(200);
    for (const query of ['', '?by=', '?by=DAYS', '?by=DAY,DAY', '?by=DAY&by=USER', '?by=DAY&from=yesterday']) {
      expect(await status(query, loner.token), query).toBe(400);
    }
    await expect(ask(['DAY', 'MONTH'], {}, loner)).rejects.toThrow('BAD_USER_INPUT');
    const controller = { token: cluster.controller.token };
    await expect(ask(['DAY'], {}, controller)).rejects.toThrow('FORBIDDEN');
  });

  it('make a resource that looks like a formula a text', async () => {
    await accounting.sql(`UPDATE usage_record SET resource = '=1+1' WHERE resource = 'standard'`);
    const { text } = await readDocument(accounting, '/reports/charges.csv?by=RESOURCE', operator.token);
    expect(text).toContain(`"'=1+1"`);
    await accounting.sql(`UPDATE usage_record SET resource = 'standard' WHERE resource = '=1+1'`);
  });

  it('end by themselves where they read too long', async () => {
    // A view that sleeps stands in for years of charges.
    await accounting.sql('ALTER VIEW charge RENAME TO charge_kept');
    await accounting.sql(
      'CREATE VIEW charge AS SELECT k.* FROM charge_kept k, (SELECT pg_sleep(60)) AS s WHERE s IS NOT NULL',
    );
    await accounting.sql('GRANT SELECT ON charge TO PUBLIC');
    try {
      const { status, text } = await readDocument(accounting, '/reports/charges.csv?by=DAY', operator.token);
      expect(status).toBe(400);
      expect(text).toContain('LIMIT_EXCEEDED');
      expect(text).toContain('reportSeconds');
    } finally {
      await accounting.sql(`DROP VIEW charge`);
      await accounting.sql(`ALTER VIEW charge_kept RENAME TO charge`);
    }
  });
});
