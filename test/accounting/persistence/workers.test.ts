import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

/*
 * 10,000 random calls from 12 concurrent workers on two replicas of the ledger. What runs between what is the machine's
 * choice, so the journal is the witness: taken in its order, row by row, a model must agree with it.
 *   1. A row was allowed when it was written: nothing available falls below zero, a capture fits its hold (INV2).
 *   2. The balances that a row names are the model's (INV1), and at the end every sum is.
 *   3. Each accepted call has one row, each row one accepted call; a repeated key got the first answer (INV3).
 *   4. What was refused left no row (INV6).
 *   5. All the while, in snapshots, the ledger's invariants hold.
 * Replay: the seed is printed with a failure; TOLLGATE_TEST_SEED takes it (calls and their order per worker are the same
 * then, their interleaving is not).
 */
const SEED = Number(process.env['TOLLGATE_TEST_SEED'] ?? randomInt(2 ** 31));
const CALLS = 10_000;
const WORKERS = 12;
const ACCOUNTS = 6;
const EACH_BEGINS_WITH = 1_000;

const account = fc.nat(ACCOUNTS - 1);
const amount = fc.integer({ min: 1, max: 400 });
const call = fc.record({
  op: fc.constantFrom(
    'transfer' as const,
    'transfer' as const,
    'hold' as const,
    'capture' as const,
    'release' as const,
  ),
  from: account,
  to: account,
  amount,
  nth: fc.nat(40),
  final: fc.boolean(),
  isRepeated: fc.constantFrom(true, false, false, false, false, false, false, false, false),
});
type RandomCall = typeof call extends fc.Arbitrary<infer Value> ? Value : never;
type Answer = Awaited<ReturnType<LedgerBench['transfer']>>;
type Placed = Awaited<ReturnType<LedgerBench['heldOf']>>;

interface Row {
  readonly kind: string;
  readonly transferId: string | null;
  readonly holdId: string | null;
  readonly debitId: string;
  readonly creditId: string;
  readonly amount: bigint;
  readonly released: bigint;
  readonly debitAfter: bigint;
  readonly creditAfter: bigint;
}

describe(`12 workers with seed ${SEED}`, () => {
  let bench: LedgerBench;
  let replica: LedgerBench;
  let ids: readonly string[];
  const holds: Placed[] = [];
  /** What accepted calls made. */
  const accepted: string[] = [];

  beforeAll(async () => {
    bench = await openLedgerBench();
    replica = await openLedgerBench(bench.database);
    const opened: string[] = [];
    for (let count = 0; count < ACCOUNTS; count += 1) opened.push(await bench.accountWith(EACH_BEGINS_WITH));
    ids = opened;
  });
  afterAll(async () => {
    await replica.close();
    await bench.close();
  });

  const make = (ledger: LedgerBench, wanted: RandomCall, hold: Placed | undefined, key: string): Promise<Answer> => {
    const [from = '', to = ''] = [ids[wanted.from], ids[wanted.to]];
    if (wanted.op === 'hold') return ledger.placeHold(from, to, wanted.amount, { key });
    if (wanted.op === 'transfer' || hold === undefined) return ledger.transfer(from, to, wanted.amount, key);
    if (wanted.op === 'release') return ledger.release(hold, key);
    return ledger.capture(hold, wanted.amount, { final: wanted.final, key });
  };

  const work = async (ledger: LedgerBench, calls: readonly RandomCall[], worker: number): Promise<void> => {
    for (const [turn, wanted] of calls.entries()) {
      // Chosen once: a repetition must be of the same call.
      const hold = holds.at(-1 - wanted.nth);
      const once = (): Promise<Answer> => make(ledger, wanted, hold, `${worker}-${turn}`);
      const [answer, repeated] = await Promise.all(wanted.isRepeated ? [once(), once()] : [once()]);
      if (repeated !== undefined) expect(repeated).toEqual(answer);
      if (answer?.ok !== true) continue;
      accepted.push(nameOf(answer.value));
      if (wanted.op === 'hold') holds.push(await bench.heldOf(answer));
    }
  };

  it('leaves a journal that a model agrees with, row by row', async () => {
    const calls = fc.sample(call, { numRuns: CALLS, seed: SEED });
    let finished = false;
    const snapshots = (async () => {
      let count = 0;
      for (; !finished; count += 1) await bench.assertInvariants();
      return count;
    })();
    const workers = Array.from({ length: WORKERS }, (_, worker) =>
      work(
        worker % 2 === 0 ? bench : replica,
        calls.filter((_call, position) => position % WORKERS === worker),
        worker,
      ),
    );
    await Promise.all(workers).finally(() => {
      finished = true;
    });
    expect(await snapshots).toBeGreaterThan(0);
    await bench.assertInvariants();
    const rows = await journal(bench);
    const { posted, held } = replay(rows, ids);
    for (const [position, id] of ids.entries()) {
      const sums = await bench.sums(id);
      expect(sums, `account ${position}`).toMatchObject({
        posted: Number((posted.get(id) ?? 0n) / 1_000_000n),
        held: Number((held.get(id) ?? 0n) / 1_000_000n),
      });
    }
    const made = rows.filter(({ kind }) => kind !== 'DEPOSIT').map(nameOf);
    expect([...made].sort()).toEqual([...accepted].sort());
  });
});

/** The transfer that a call or a row made, or the hold that it placed or freed. */
const nameOf = ({
  transferId,
  holdId,
}: {
  readonly transferId?: string | null;
  readonly holdId?: string | null;
}): string => transferId ?? holdId ?? '';

/** The model: what each row does, in order, and what it must not do. */
function replay(rows: readonly Row[], ids: readonly string[]) {
  const posted = new Map<string, bigint>();
  const held = new Map<string, bigint>();
  const remaining = new Map<string, bigint>();
  const add = (sums: Map<string, bigint>, id: string, change: bigint): bigint => {
    const sum = (sums.get(id) ?? 0n) + change;
    sums.set(id, sum);
    return sum;
  };
  for (const [position, row] of rows.entries()) {
    const at = `row ${position + 1} (${row.kind})`;
    if (row.holdId !== null) {
      const change = row.kind === 'HOLD_PLACED' ? row.amount : -row.amount - row.released;
      expect(add(remaining, row.holdId, change), at).toBeGreaterThanOrEqual(0n);
      add(held, row.debitId, change);
    }
    if (row.transferId !== null) {
      add(posted, row.debitId, -row.amount);
      add(posted, row.creditId, row.amount);
    }
    expect([posted.get(row.debitId) ?? 0n, posted.get(row.creditId) ?? 0n], at).toEqual([
      row.debitAfter,
      row.creditAfter,
    ]);
    if (!ids.includes(row.debitId)) continue;
    expect((posted.get(row.debitId) ?? 0n) - (held.get(row.debitId) ?? 0n), at).toBeGreaterThanOrEqual(0n);
  }
  return { posted, held };
}

async function journal(bench: LedgerBench): Promise<readonly Row[]> {
  const { rows } = await bench.owner.query(
    `SELECT kind, transfer_id AS "transferId", hold_id AS "holdId", debit_id AS "debitId", credit_id AS "creditId",
            amount::text, released::text, debit_balance_after::text AS "debitAfter",
            credit_balance_after::text AS "creditAfter"
     FROM journal_entry ORDER BY sequence`,
  );
  return rows.map((row) => ({
    ...row,
    amount: BigInt(row.amount),
    released: BigInt(row.released),
    debitAfter: BigInt(row.debitAfter),
    creditAfter: BigInt(row.creditAfter),
  }));
}
