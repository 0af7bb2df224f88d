import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';
import { spend } from '../accounting/budgetSupport.js';
import { as, codeOf, moneyWorld } from '../accounting/moneyWorld.js';
import { credit, idOf, type Outcome } from '../accounting/support.js';
import { inShort, newCluster, pricesOf, publish, record, send, type TestCluster } from '../accounting/usageSupport.js';

/*
 * The attacks on money of the threat model, one test for each. Refused means: a stable code, not a byte of any balance or of
 * the journal changed, nothing of the inside shown, and the next request works. The ledger's invariants are checked at the end.
 */

const world = moneyWorld('100');
const { pay, capture, balances } = world;

const count = (outcomes: readonly string[], wanted: string): number =>
  outcomes.filter((outcome) => outcome === wanted).length;
const times = <Value>(many: number, work: (n: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: many }, (_, n) => work(n)));
const hold = async (amount: string) => idOf(await world.hold(amount), 'hold');

/** What money there is and what happened to it: every byte of the accounts and the journal's head. */
const ledger = () =>
  world.accounting.sql(
    'SELECT md5(string_agg(a::text, chr(10) ORDER BY a.id)), (SELECT h::text FROM chain_head h) FROM account a',
  );

/** Sees to it that a call is refused with a code and leaves everything as it was. */
async function refused(code: string, call: () => Promise<Outcome>): Promise<void> {
  const before = await ledger();
  const outcome = await call();
  expect(codeOf(outcome)).toBe(code);
  expect(await ledger()).toEqual(before);
  expect(JSON.stringify(outcome)).not.toMatch(/select |insert |prisma|post_batch|\.ts:|\.js:|\/work|node_modules/i);
  expect(await spend(world.accounting, world.alice, world.from, world.to, '0.000001')).toBe('DONE');
}

describe('one key', () => {
  it('50 times in parallel has one effect', async () => {
    const idempotencyKey = randomUUID();
    const outcomes = await times(50, () => pay('1', { idempotencyKey }));
    expect(new Set(outcomes.map((outcome) => idOf(outcome, 'transfer'))).size).toBe(1);
    expect(await balances()).toMatchObject([{ posted: '99' }, { posted: '1' }]);
  });
});

describe('100 units', () => {
  it('are debited by 1 in 200 parallel calls 100 times', async () => {
    const outcomes = (await times(200, () => pay('1'))).map(codeOf);
    expect([count(outcomes, 'DONE'), count(outcomes, 'INSUFFICIENT_FUNDS')]).toEqual([100, 100]);
    expect(await balances()).toMatchObject([{ posted: '0' }, { posted: '100' }]);
  });
});

describe('the amount', () => {
  it.each([
    ['0', '0', 'AMOUNT_NOT_POSITIVE'],
    ['negative', '-1', 'AMOUNT_NOT_POSITIVE'],
    ['1e3', '1e3', 'BAD_USER_INPUT'],
    ['NaN', 'NaN', 'BAD_USER_INPUT'],
    ['2^63', (2n ** 63n).toString(), 'AMOUNT_TOO_LARGE'],
    ['of 40 digits', '1'.repeat(40), 'BAD_USER_INPUT'],
    ['of 38 digits', '9'.repeat(38), 'AMOUNT_TOO_LARGE'],
    ['with 7 places', '0.0000001', 'AMOUNT_TOO_PRECISE'],
  ])('%s is refused by every mutation that takes one', async (_name, amount, code) => {
    const holdId = await hold('1');
    await refused(code, () => pay(amount));
    await refused(code, () =>
      world.accounting.mutate(
        'placeHold',
        { debitAccountId: world.from, creditAccountId: world.to, amount: credit(amount), reason: 'x' },
        'hold { id }',
        as(world.alice),
      ),
    );
    await refused(code, () => capture(holdId, amount));
    await refused(code, () =>
      world.accounting.mutate(
        'deposit',
        { accountId: world.from, amount: credit(amount), description: 'x' },
        'transfer { id }',
        as(world.accounting.operator),
      ),
    );
  });
});

describe('opposite transfers', () => {
  it('200 each way at once all end, with the sum unchanged', async () => {
    const other = await world.accounting.accountWith(world.bob, '100');
    const outcomes = await times(400, (n) =>
      n % 2 === 0
        ? spend(world.accounting, world.alice, world.from, other, '0.5')
        : spend(world.accounting, world.bob, other, world.from, '0.5'),
    );
    expect(count(outcomes, 'DONE')).toBe(400);
    expect((await world.accounting.balanceOf(world.from, world.alice)).posted).toBe('100');
    expect((await world.accounting.balanceOf(other, world.bob)).posted).toBe('100');
  });
});

describe('a hold', () => {
  it('captured twice, also 20 times at once, is captured once', async () => {
    const holdId = await hold('10');
    const outcomes = (await times(20, () => capture(holdId, '10'))).map(codeOf);
    expect([count(outcomes, 'DONE'), count(outcomes, 'HOLD_NOT_OPEN')]).toEqual([1, 19]);
    await refused('HOLD_NOT_OPEN', () => capture(holdId, '1'));
  });

  it('captured above what it reserves is refused', async () => {
    const holdId = await hold('10');
    await refused('CAPTURE_EXCEEDS_HOLD', () => capture(holdId, '10.000001'));
    idOf(await capture(holdId, '10'), 'transfer');
  });

  it('captured after its expiry is refused, and its money is free', async () => {
    const holdId = await hold('10');
    await world.accounting.sql(`UPDATE hold SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1`, [
      holdId,
    ]);
    expect(codeOf(await capture(holdId, '10'))).toBe('HOLD_EXPIRED');
    expect(await balances()).toMatchObject([{ posted: '100', held: '0', available: '100' }, { posted: '0' }]);
  });

  it('captured and released in parallel is one of the two', async () => {
    for (let round = 0; round < 10; round += 1) {
      const holdId = await hold('2');
      const [captured, released] = await Promise.all([
        capture(holdId, '2'),
        world.accounting.mutate('releaseHold', { holdId }, 'hold { id }', as(world.bob)),
      ]);
      expect([codeOf(captured), codeOf(released)].sort()).toEqual(['DONE', 'HOLD_NOT_OPEN']);
    }
    expect((await world.accounting.balanceOf(world.from, world.alice)).held).toBe('0');
  });
});

describe('a reversal', () => {
  it('over the original is refused, in one call, in parts and 20 times at once', async () => {
    const transferId = idOf(await pay('10'), 'transfer');
    await pay('20');
    const reverse = (amount: string | null) =>
      world.accounting.mutate(
        'reverseTransfer',
        { transferId, reason: 'x', ...(amount === null ? {} : { amount: credit(amount) }) },
        'transfer { id }',
        as(world.bob),
      );
    await refused('REVERSAL_EXCEEDS_TRANSFER', () => reverse('10.000001'));
    idOf(await reverse('4'), 'transfer');
    await refused('REVERSAL_EXCEEDS_TRANSFER', () => reverse('6.000001'));
    const outcomes = (await times(20, () => reverse('1'))).map(codeOf);
    expect([count(outcomes, 'DONE'), count(outcomes, 'ALREADY_REVERSED')]).toEqual([6, 14]);
    await refused('ALREADY_REVERSED', () => reverse(null));
  });
});

describe('usage', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await newCluster(world.accounting);
  });
  const sent = (records: readonly object[]) => send(world.accounting, cluster, records);
  const mine = (name: string, more: object = {}) =>
    record(name, { user: world.alice.userId, account: world.from, ...more });

  it('re-sent, under any key and 20 times at once, is charged once', async () => {
    const all = await times(20, () => sent([mine('job-1')]));
    const results = all.flatMap(inShort);
    expect([count(results, 'RECORDED 1'), count(results, 'REPLAYED 0')]).toEqual([1, 19]);
    expect((await world.accounting.balanceOf(world.from, world.alice)).posted).toBe('99');
  });

  it('late is charged by the price that was in force when it was used', async () => {
    const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString();
    const dear = pricesOf('standard').map((rate) => ({ ...rate, price: credit('9') }));
    idOf(await publish(world.accounting, cluster.clusterId, { rates: dear }), 'rateCard');
    const early = new Date(Date.now() - 20 * 3_600_000).toISOString();
    const late = { start: early, end: new Date(Date.parse(early) + 3_600_000).toISOString() };
    expect(inShort(await sent([mine('late', late)]))).toEqual(['RECORDED 1']);
    // Before there were any prices nothing is guessed.
    const older = { start: day(3), end: new Date(Date.parse(day(3)) + 3_600_000).toISOString() };
    expect(inShort(await sent([mine('too-late', older)]))).toEqual(['REJECTED 0 RATES_MISSING']);
  });

  it('in the future is rejected and charged nothing', async () => {
    const before = await ledger();
    const soon = { end: new Date(Date.now() + 60_000).toISOString() };
    expect(inShort(await sent([mine('soon', soon)]))).toEqual(['REJECTED 0 USAGE_IN_FUTURE']);
    expect(await ledger()).toEqual(before);
  });
});

describe('raw SQL against the journal', () => {
  it('is refused to the serving role and to the owner, and a balance that does not add up to both', async () => {
    await pay('1');
    const before = await ledger();
    const { appUrl, ownerUrl } = world.accounting.settings.database;
    for (const connectionString of [appUrl, ownerUrl]) {
      const client = new pg.Client({ connectionString });
      await client.connect();
      try {
        for (const sql of [
          'UPDATE journal_entry SET amount = amount + 1',
          'DELETE FROM journal_entry',
          'TRUNCATE journal_entry',
          'UPDATE account SET posted = -posted - 1',
          'INSERT INTO journal_entry SELECT (jsonb_populate_record(j, \'{"amount": 0}\')).* FROM journal_entry j LIMIT 1',
        ]) {
          await expect(client.query(sql), sql).rejects.toThrow(
            /append-only|permission denied|account_available|journal_entry_/,
          );
        }
      } finally {
        await client.end();
      }
    }
    expect(await ledger()).toEqual(before);
  });
});
