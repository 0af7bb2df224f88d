import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../platform/kernel/faults.js';
import type { BatchItem } from '../../../subgraphs/accounting/usecases/ports.js';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

/*
 * 10,000 random calls from 12 concurrent workers on two replicas of the ledger. What runs between what is the machine's
 * choice, so the journal is the witness: taken in its order, row by row, a model must agree with it.
 *   1. A row was allowed when it was written: nothing available falls below zero, a capture fits its hold, what is
 *      undone fits its transfer (INV2). A linked batch is done whole or not at all.
 *   2. The balances that a row names are the model's (INV1), and at the end every sum is.
 *   3. Each accepted call or item has one row, each row one of them; a repeated key got the first answer (INV3).
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
    'extend' as const,
    'reverse' as const,
    'batch' as const,
  ),
  from: account,
  to: account,
  amount,
  nth: fc.nat(40),
  /** Of a capture: whether it is the last. Of a batch: whether it is linked. Of a reversal: whether of all. */
  final: fc.boolean(),
  /** What else a batch moves. */
  others: fc.array(fc.record({ from: account, to: account, amount }), { minLength: 1, maxLength: 4 }),
  isRepeated: fc.constantFrom(true, false, false, false, false, false, false, false, false),
});
type RandomCall = typeof call extends fc.Arbitrary<infer Value> ? Value : never;
type Answer = Awaited<ReturnType<LedgerBench['transfer'] | LedgerBench['batch']>>;
type Placed = Awaited<ReturnType<LedgerBench['heldOf']>>;

/** What a call settles, extends or undoes. */
interface Chosen {
  readonly hold: Placed | undefined;
  readonly transferId: string | undefined;
}

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
  readonly reversesId: string | null;
}

describe(`12 workers with seed ${SEED}`, () => {
  let bench: LedgerBench;
  let replica: LedgerBench;
  let ids: readonly string[];
  const holds: Placed[] = [];
  const transfers: string[] = [];
  /** What accepted calls made. */
  const accepted: string[] = [];
  /** The holds that were extended; to what they reserved already, which leaves no row. */
  const extended: string[] = [];

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

  const make = (ledger: LedgerBench, wanted: RandomCall, chosen: Chosen, key: string): Promise<Answer> => {
    const { op, final, amount: wish } = wanted;
    const { hold, transferId } = chosen;
    const [from = '', to = ''] = [ids[wanted.from], ids[wanted.to]];
    if (op === 'hold') return ledger.placeHold(from, to, wish, { key });
    if (op === 'batch') {
      const others = wanted.others.map((other) => ({ ...other, from: ids[other.from] ?? '', to: ids[other.to] ?? '' }));
      return ledger.batch([{ from, to, amount: wish }, ...others], { linked: final, key });
    }
    if (op === 'reverse' && transferId !== undefined) return ledger.reverse(transferId, final ? undefined : wish, key);
    if (op === 'transfer' || op === 'reverse' || hold === undefined) return ledger.transfer(from, to, wish, key);
    if (op === 'extend') return ledger.extend(hold, { amount: wish, key });
    if (op === 'release') return ledger.release(hold, key);
    return ledger.capture(hold, wish, { final, key });
  };

  const work = async (ledger: LedgerBench, calls: readonly RandomCall[], worker: number): Promise<void> => {
    for (const [turn, wanted] of calls.entries()) {
      // Chosen once: a repetition must be of the same call.
      const chosen = { hold: holds.at(-1 - wanted.nth), transferId: transfers.at(-1 - wanted.nth) };
      const once = (): Promise<Answer> => make(ledger, wanted, chosen, `${worker}-${turn}`);
      const [answer, repeated] = await Promise.all(wanted.isRepeated ? [once(), once()] : [once()]);
      if (repeated !== undefined) expect(repeated).toEqual(answer);
      if (answer?.ok !== true) continue;
      const done = isItems(answer.value) ? answer.value.filter(isDone).map(({ value }) => value) : [answer.value];
      // All of a linked batch, or nothing.
      if (wanted.op === 'batch' && wanted.final) expect([0, wanted.others.length + 1]).toContain(done.length);
      for (const made of done) {
        (wanted.op === 'extend' && chosen.hold !== undefined ? extended : accepted).push(nameOf(made));
        if (made.transferId !== undefined && wanted.op !== 'reverse') transfers.push(made.transferId);
        if (wanted.op === 'hold') holds.push(await bench.heldOf({ ok: true, value: made }));
      }
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
    const made = rows.filter(({ kind }) => kind !== 'DEPOSIT' && kind !== 'HOLD_EXTENDED').map(nameOf);
    expect([...made].sort()).toEqual([...accepted].sort());
    const longer = rows.filter(({ kind }) => kind === 'HOLD_EXTENDED').map(nameOf);
    expect(longer.length).toBeGreaterThan(0);
    expect(longer.length).toBeLessThanOrEqual(extended.length);
    expect(extended).toEqual(expect.arrayContaining(longer));
  });
});

const isItems = (value: object): value is readonly BatchItem[] => Array.isArray(value);

const isDone = (item: BatchItem): item is Extract<BatchItem, { readonly ok: true }> =>
  !(item instanceof Fault) && item.ok;

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
  const undone = new Map<string, bigint>();
  const moved = new Map<string, Row>();
  const add = (sums: Map<string, bigint>, id: string, change: bigint): bigint => {
    const sum = (sums.get(id) ?? 0n) + change;
    sums.set(id, sum);
    return sum;
  };
  for (const [position, row] of rows.entries()) {
    const at = `row ${position + 1} (${row.kind})`;
    if (row.holdId !== null) {
      const reserves = row.kind === 'HOLD_PLACED' || row.kind === 'HOLD_EXTENDED';
      const change = reserves ? row.amount : -row.amount - row.released;
      expect(add(remaining, row.holdId, change), at).toBeGreaterThanOrEqual(0n);
      add(held, row.debitId, change);
    }
    if (row.transferId !== null) {
      // What is undone of a transfer goes the other way, and never exceeds it.
      const original = row.reversesId === null ? null : moved.get(row.reversesId);
      if (original !== null) {
        expect([original?.creditId, original?.debitId], at).toEqual([row.debitId, row.creditId]);
        expect(add(undone, row.reversesId ?? '', row.amount), at).toBeLessThanOrEqual(original?.amount ?? 0n);
      }
      moved.set(row.transferId, row);
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
            credit_balance_after::text AS "creditAfter", reverses_id AS "reversesId"
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
