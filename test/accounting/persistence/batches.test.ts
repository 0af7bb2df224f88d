import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { connectDatabase } from '../../../subgraphs/accounting/persistence/database.js';
import { makeSqlLedger } from '../../../subgraphs/accounting/persistence/sqlLedger.js';
import type { BatchItem, TransferPosting } from '../../../subgraphs/accounting/usecases/ports.js';
import { callOfTest, type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';

let bench: LedgerBench;
beforeAll(async () => {
  bench = await openLedgerBench();
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

const codes = (answer: Result<readonly BatchItem[], Refusal>): string[] => {
  if (!answer.ok) return [answer.refusal.code];
  return answer.value.map((item) => (item instanceof Fault ? item.code : item.ok ? 'OK' : item.refusal.code));
};

describe('a batch', () => {
  it('INDEPENDENT: what is refused spoils nothing else, and each item sees what those before it left', async () => {
    const a = await bench.accountWith(10);
    const b = await bench.accountWith(0);
    const c = await bench.accountWith(0);
    const answer = await bench.batch([
      { from: a, to: b, amount: 10 },
      { from: a, to: b, amount: 1 },
      { from: b, to: newId('account'), amount: 1 },
      { from: b, to: b, amount: 1 },
      { from: b, to: c, amount: 4 },
    ]);
    expect(codes(answer)).toEqual(['OK', 'INSUFFICIENT_FUNDS', 'NOT_FOUND', 'ACCOUNTS_MUST_DIFFER', 'OK']);
    expect(await bench.sums(b)).toMatchObject({ posted: 6 });
    expect(await bench.sums(c)).toMatchObject({ posted: 4 });
  });

  it('LINKED: all of it in one transaction', async () => {
    const a = await bench.accountWith(10);
    const b = await bench.accountWith(0);
    const c = await bench.accountWith(0);
    const items = [
      { from: a, to: b, amount: 10 },
      { from: b, to: c, amount: 10 },
    ];
    const answer = await bench.batch(items, { linked: true });
    expect(codes(answer)).toEqual(['OK', 'OK']);
    expect(await bench.sums(c)).toMatchObject({ posted: 10 });
  });

  it('LINKED: or nothing of it, the first that is refused saying why, and late holds being let go all the same', async () => {
    const a = await bench.accountWith(10);
    const b = await bench.accountWith(0);
    const hold = await bench.heldOf(await bench.placeHold(a, b, 4));
    await bench.letExpire(hold.id);
    const answer = await bench.batch(
      [
        { from: a, to: b, amount: 3 },
        { from: a, to: b, amount: 7.5 },
        { from: a, to: b, amount: 100 },
      ],
      { linked: true },
    );
    expect(codes(answer)).toEqual(['LINKED_FAILED', 'INSUFFICIENT_FUNDS', 'LINKED_FAILED']);
    expect(answer.ok ? answer.value[2] : null).toMatchObject({ refusal: { path: ['transfers', '1'] } });
    expect(answer.ok ? answer.value[1] : null).toMatchObject({ refusal: { shortfall: { micros: 500_000n } } });
    expect(await bench.sums(a)).toEqual({ posted: 10, held: 0, incoming: 0 });
    expect(await bench.sums(b)).toMatchObject({ posted: 0 });
    const { rows } = await bench.owner.query('SELECT status FROM hold WHERE id = $1', [hold.id]);
    expect(rows).toEqual([{ status: 'EXPIRED' }]);
  });

  it('LINKED with an item that lacks its right moves nothing', async () => {
    const a = await bench.accountWith(10);
    const b = await bench.accountWith(0);
    const items = [
      { from: a, to: b, amount: 3 },
      { from: a, to: newId('account'), amount: 1 },
    ];
    expect(codes(await bench.batch(items, { linked: true }))).toEqual(['LINKED_FAILED', 'NOT_FOUND']);
    expect(await bench.sums(a)).toMatchObject({ posted: 10 });
  });

  it.each([true, false])(
    'linked: %s, with one key answers the same item by item, in parallel and later',
    async (linked) => {
      const a = await bench.accountWith(10);
      const b = await bench.accountWith(0);
      const items = [
        { from: a, to: b, amount: 4 },
        { from: a, to: b, amount: 4 },
        { from: a, to: b, amount: linked ? 1 : 4 },
      ];
      const key = `batch ${a}`;
      const answers = await Promise.all(Array.from({ length: 5 }, () => bench.batch(items, { linked, key })));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(await bench.sums(b)).toMatchObject({ posted: linked ? 9 : 8 });
      // What was refused stays refused when the money has come, and what was posted stays posted when it has gone.
      await bench.transfer(b, a, 5);
      expect(await bench.batch(items, { linked, key })).toEqual(answers[0]);
      expect(codes(await bench.batch([...items].reverse(), { linked: !linked, key }))).toEqual([
        'IDEMPOTENCY_KEY_REUSED',
      ]);
    },
  );

  it('has one effect through two replicas, and after a restart', async () => {
    const a = await bench.accountWith(1_000);
    const b = await bench.accountWith(0);
    const posting = (): Result<TransferPosting, Refusal> =>
      ok({
        op: 'TRANSFER',
        kind: 'TRANSFER',
        id: newId('transfer'),
        debitId: a,
        creditId: b,
        amount: { micros: units(1), unit: wellKnown.unit },
        description: 'Test',
      });
    const batch = () => ok({ linked: false, items: Array.from({ length: 10 }, posting) });
    const replica = connectDatabase(bench.database.appUrl);
    const other = makeSqlLedger(replica);
    for (let round = 0; round < 5; round += 1) {
      const call = callOfTest('transferBatch', `replicas ${round} ${a}`);
      const [one, two] = await Promise.all([bench.ledger.postBatch(call, batch()), other.postBatch(call, batch())]);
      expect(one).toEqual(two);
      expect(await makeSqlLedger(replica).postBatch(call, batch())).toEqual(one);
    }
    expect(await bench.sums(b)).toMatchObject({ posted: 50 });
    await replica.$disconnect();
  });

  it('has up to 1,000 items, one audit entry for each', async () => {
    const a = await bench.accountWith(999);
    const b = await bench.accountWith(0);
    const items = Array.from({ length: 1_000 }, () => ({ from: a, to: b, amount: 1 }));
    expect(codes(await bench.batch(items)).filter((code) => code === 'OK')).toHaveLength(999);
    const { rows } = await bench.owner.query(
      `SELECT e.outcome, count(*) AS n, count(j.sequence) AS journalled, count(e.detail ->> 'amountMicros') AS told
       FROM platform.audit_entry e LEFT JOIN journal_entry j ON j.transfer_id = e.target AND j.debit_id = $1
       WHERE e.action = 'transferBatch' AND (j.debit_id = $1 OR e.detail ->> 'debit' = $1) GROUP BY 1 ORDER BY 1`,
      [a],
    );
    // What was done stands in the journal in full, what was not in the entry.
    expect(rows).toEqual([
      { outcome: 'INSUFFICIENT_FUNDS', n: '1', journalled: '0', told: '1' },
      { outcome: 'OK', n: '999', journalled: '999', told: '0' },
    ]);
    expect(codes(await bench.batch(items, { linked: true })).slice(0, 2)).toEqual([
      'INSUFFICIENT_FUNDS',
      'LINKED_FAILED',
    ]);
  });

  it('refused as a whole is remembered with one audit entry', async () => {
    const call = callOfTest('transferBatch', 'too large');
    const refusal = { type: 'Refused', code: 'BATCH_TOO_LARGE', message: 'Test' } as const;
    const refused = { ok: false, refusal } as const;
    expect(await bench.ledger.postBatch(call, refused)).toEqual(refused);
    expect(await bench.ledger.postBatch(call, ok({ linked: false, items: [] }))).toEqual(refused);
  });
});

describe('no caller ever sees a deadlock', () => {
  it('in 1,000 crossing transfers, one by one and in batches, through two replicas', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => bench.accountWith(1_000)));
    const pick = (n: number) => ids[n % ids.length] ?? '';
    const replica = connectDatabase(bench.database.appUrl);
    const other = makeSqlLedger(replica);
    const posting = (n: number): TransferPosting => ({
      op: 'TRANSFER',
      kind: 'TRANSFER',
      id: newId('transfer'),
      debitId: pick(n * 5),
      creditId: pick(n * 3 + 1),
      amount: { micros: units(1), unit: wellKnown.unit },
      description: 'Test',
    });
    const single = Array.from({ length: 600 }, (_, n) =>
      (n % 2 === 0 ? bench.ledger : other).post(callOfTest('transfer'), ok(posting(n))),
    );
    const together = Array.from({ length: 40 }, (_, n) =>
      (n % 2 === 0 ? bench.ledger : other).postBatch(
        callOfTest('transferBatch'),
        ok({ linked: n % 4 < 2, items: Array.from({ length: 10 }, (_item, m) => ok(posting(n * 10 + m * 7))) }),
      ),
    );
    for (const answer of await Promise.all(single)) {
      if (!answer.ok) expect(answer.refusal.code).toBe('ACCOUNTS_MUST_DIFFER');
    }
    for (const answer of await Promise.all(together)) {
      for (const code of codes(answer)) expect(['OK', 'ACCOUNTS_MUST_DIFFER', 'LINKED_FAILED']).toContain(code);
    }
    const sums = await Promise.all(ids.map((id) => bench.sums(id)));
    expect(sums.reduce((total, { posted }) => total + posted, 0)).toBe(8_000);
    await other.drained();
    await replica.$disconnect();
    await bench.assertInvariants();
    const { rows } = await bench.owner.query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });
});
