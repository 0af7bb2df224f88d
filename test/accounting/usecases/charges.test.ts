import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { formatMicros } from '../../../platform/kernel/money.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { Answer } from '../../support/subgraph.js';
import { groupAccountWith, join } from '../budgetSupport.js';
import { readDocument } from '../documents.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';
import { newCluster, record, send, type TestCluster } from '../usageSupport.js';

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
  await play(fc.sample(step, { numRuns: STEPS, seed: SEED }));
});
afterAll(() => accounting.stop());

/** An amount of up to 9 CREDIT with all places. */
const micros = fc.bigInt({ min: 1n, max: 9_000_000n });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('grant' as const), mine: fc.boolean(), local: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('job' as const),
      grant: fc.nat(),
      byAdmin: fc.boolean(),
      amount: micros,
      part: fc.nat({ max: 100 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), grant: fc.nat(), earned: micros }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('usage' as const),
      mine: fc.boolean(),
      seconds: fc.nat({ max: 20_000 }),
      corrected: fc.option(fc.nat({ max: 20_000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reverse' as const), job: fc.nat(), part: fc.nat({ max: 100 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pay' as const), amount: micros }) },
);
type Step = typeof step extends fc.Arbitrary<infer Drawn> ? Drawn : never;

interface Grant {
  readonly escrow: string;
  readonly payee: string;
  readonly mine: boolean;
  isOpen: boolean;
}

/** Does what was drawn; what the ledger refuses is part of it. */
async function play(steps: readonly Step[]): Promise<void> {
  const grants: Grant[] = [];
  const jobs: { readonly transfer: string; readonly amount: bigint; readonly isLocal: boolean }[] = [];
  const inCredit = (amount: bigint) => credit(formatMicros(amount));
  for (const drawn of steps) {
    const grant = 'grant' in drawn ? grants[drawn.grant % Math.max(1, grants.length)] : undefined;
    switch (drawn.do) {
      case 'grant':
        grants.push(await openGrant(drawn.mine, drawn.local ? wellKnown.accountRevenueLocal : otherRevenue));
        break;
      case 'job': {
        if (grant === undefined || !grant.isOpen) break;
        const person = grant.mine ? loner : drawn.byAdmin ? admin : member;
        const hold = await accounting.mutate(
          'placeHold',
          { debitAccountId: grant.escrow, creditAccountId: grant.payee, amount: inCredit(drawn.amount), reason: 'Job' },
          'hold { id }',
          { as: 'compute', token: await person.actingAs('compute') },
        );
        if (hold.payload?.['hold'] == null) break;
        const amount = (drawn.amount * BigInt(drawn.part)) / 100n;
        const holdId = idOf(hold, 'hold');
        if (amount === 0n) {
          await accounting.mutate('releaseHold', { holdId }, 'hold { id }', { as: 'compute' });
          break;
        }
        const captured = await accounting.mutate(
          'captureHold',
          { holdId, amount: inCredit(amount) },
          'transfer { id }',
          { as: 'compute' },
        );
        jobs.push({ transfer: idOf(captured, 'transfer'), amount, isLocal: grant.payee !== otherRevenue });
        break;
      }
      case 'end': {
        if (grant === undefined) break;
        const ended = await accounting.mutate(
          'closeEscrow',
          { accountId: grant.escrow, earnedSoFar: inCredit(drawn.earned) },
          'account { id }',
          { as: 'access' },
        );
        grant.isOpen = grant.isOpen && ended.payload?.refusal !== null;
        break;
      }
      case 'usage': {
        const externalId = newId('audit');
        const who = drawn.mine ? { user: loner.userId } : { user: member.userId, group: groupId };
        await send(accounting, cluster, [record(externalId, { ...who, cpuSeconds: String(drawn.seconds) })]);
        if (drawn.corrected === null) break;
        const change = { ...who, cpuSeconds: String(drawn.corrected), revision: 1 };
        await send(accounting, cluster, [record(externalId, change)]);
        break;
      }
      case 'reverse': {
        const job = jobs[drawn.job % Math.max(1, jobs.length)];
        const amount = job === undefined ? 0n : (job.amount * BigInt(drawn.part)) / 100n;
        if (job === undefined || amount === 0n || job.isLocal) break;
        const input = { transferId: job.transfer, amount: inCredit(amount), reason: 'Too much' };
        await accounting.mutate('reverseTransfer', input, 'transfer { id }', { token: providerAdmin.token });
        break;
      }
      case 'pay': {
        const held = await accounting.mutate(
          'placeHold',
          { debitAccountId: own, creditAccountId: otherRevenue, amount: inCredit(drawn.amount), reason: 'Course' },
          'hold { id }',
          { token: loner.token },
        );
        const input = { holdId: idOf(held, 'hold'), amount: inCredit(drawn.amount) };
        await accounting.mutate('captureHold', input, 'transfer { id }', { token: providerAdmin.token });
        break;
      }
    }
  }
}

async function openGrant(mine: boolean, payee: string): Promise<Grant> {
  const person = mine ? loner : admin;
  const opened = await accounting.mutate(
    'openEscrow',
    {
      grantId: newId('grant'),
      holderId: mine ? loner.userId : groupId,
      offerId: newId('offer'),
      clusterId: wellKnown.clusterLocal,
      payerAccountId: mine ? own : lab,
      payeeAccountId: payee,
      amount: credit('60'),
      holdExpiresInSeconds: 3_600,
      startsAt: new Date(Date.now() - 60_000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    },
    'account { id } hold { id }',
    { as: 'access', token: await person.actingAs('access') },
  );
  const capture = { holdId: idOf(opened, 'hold'), amount: credit('60'), final: true };
  await accounting.mutate('captureHold', capture, 'transfer { id }', { as: 'access' });
  return { escrow: idOf(opened, 'account'), payee, mine, isOpen: true };
}

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
