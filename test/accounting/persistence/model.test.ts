import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../platform/kernel/faults.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { Hold } from '../../../subgraphs/accounting/domain/hold.js';
import { type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';

/*
 * Random calls against a model in memory. After every call:
 *   1. the ledger accepts exactly what the model accepts, and refuses with the same code;
 *   2. posted, held and incoming of every account are the model's.
 * At the end the ledger's own invariants hold. A failure prints seed and path: give them to fc.assert to replay it.
 */

let bench: LedgerBench;
beforeAll(async () => {
  bench = await openLedgerBench();
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

const BEGINNING = [100, 100, 100, 0];
const account = fc.integer({ min: 0, max: 3 });
const amount = fc.integer({ min: 1, max: 60 });
const step = fc.oneof(
  fc.record({ op: fc.constant('reverse' as const), nth: fc.nat(5), amount }),
  fc.record({ op: fc.constant('extend' as const), nth: fc.nat(5), amount: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ op: fc.constantFrom('freeze' as const, 'unfreeze' as const, 'close' as const), on: account }),
  fc.record({ op: fc.constant('overdraft' as const), on: account, limit: fc.nat(80) }),
  fc.record({
    op: fc.constant('batch' as const),
    linked: fc.boolean(),
    items: fc.array(fc.record({ from: account, to: account, amount }), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ op: fc.constant('transfer' as const), from: account, to: account, amount }),
  fc.record({ op: fc.constant('hold' as const), from: account, to: account, amount }),
  fc.record({ op: fc.constant('capture' as const), nth: fc.nat(5), amount, final: fc.boolean() }),
  fc.record({ op: fc.constant('release' as const), nth: fc.nat(5) }),
  fc.record({ op: fc.constant('expire' as const), nth: fc.nat(5) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface ModelHold {
  readonly hold: Hold;
  readonly from: number;
  readonly to: number;
  amount: number;
  remaining: number;
  status: 'OPEN' | 'ENDED' | 'EXPIRED';
}

interface ModelTransfer {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  rest: number;
}

/** The same rules in a few dozen lines, on accounts that begin with 100, the last with nothing. */
class Model {
  posted = [...BEGINNING];
  readonly overdraft = BEGINNING.map(() => 0);
  readonly status = BEGINNING.map((): 'OPEN' | 'FROZEN' | 'CLOSED' => 'OPEN');
  readonly holds: ModelHold[] = [];
  readonly transfers: ModelTransfer[] = [];

  readonly open = (): ModelHold[] => this.holds.filter(({ status }) => status === 'OPEN');
  readonly sum = (holds: readonly ModelHold[]): number => holds.reduce((total, { remaining }) => total + remaining, 0);
  readonly held = (n: number): number => this.sum(this.open().filter(({ from }) => from === n));
  readonly incoming = (n: number): number => this.sum(this.open().filter(({ to }) => to === n));

  readonly available = (n: number): number => (this.posted[n] ?? 0) + (this.overdraft[n] ?? 0) - this.held(n);

  judgeDebit(from: number, to: number, wanted: number): string {
    if (from === to) return 'ACCOUNTS_MUST_DIFFER';
    if (this.status[from] === 'CLOSED' || this.status[to] === 'CLOSED') return 'ACCOUNT_CLOSED';
    if (this.status[from] === 'FROZEN') return 'ACCOUNT_FROZEN';
    return wanted > this.available(from) ? 'INSUFFICIENT_FUNDS' : 'OK';
  }

  judgeReversal({ from, to, rest }: ModelTransfer, wanted: number): string {
    if (rest === 0) return 'ALREADY_REVERSED';
    return wanted > rest ? 'REVERSAL_EXCEEDS_TRANSFER' : this.judgeDebit(to, from, wanted);
  }

  judgeExtension(known: ModelHold, wanted: number): string {
    const open = this.judgeOpen(known);
    if (open !== 'OK') return open;
    if (wanted < known.amount) return 'HOLD_NOT_LOWERED';
    return wanted === known.amount ? 'OK' : this.judgeDebit(known.from, known.to, wanted - known.amount);
  }

  /** What comes of each item; posts what is accepted. */
  judgeBatch(items: readonly { from: number; to: number; amount: number }[], linked: boolean): string[] {
    const before = [...this.posted];
    const codes = items.map(({ from, to, amount: wanted }) => {
      const code = this.judgeDebit(from, to, wanted);
      if (code === 'OK') this.move(from, to, wanted);
      return code;
    });
    const failed = codes.findIndex((code) => code !== 'OK');
    if (!linked || failed < 0) return codes;
    this.posted = before;
    return codes.map((code, position) => (position === failed ? code : 'LINKED_FAILED'));
  }

  judgeClosing(n: number): string {
    if (this.status[n] === 'CLOSED') return 'OK';
    return this.posted[n] !== 0 || this.held(n) > 0 || this.incoming(n) > 0 ? 'ACCOUNT_NOT_EMPTY' : 'OK';
  }

  move(from: number, to: number, moved: number): void {
    this.posted[from] = (this.posted[from] ?? 0) - moved;
    this.posted[to] = (this.posted[to] ?? 0) + moved;
  }

  judgeOpen({ status }: ModelHold): string {
    if (status === 'OPEN') return 'OK';
    return status === 'EXPIRED' ? 'HOLD_EXPIRED' : 'HOLD_NOT_OPEN';
  }

  judgeCapture(known: ModelHold, wanted: number): string {
    const open = this.judgeOpen(known);
    if (open !== 'OK') return open;
    if (this.status[known.from] === 'FROZEN') return 'ACCOUNT_FROZEN';
    return wanted > known.remaining ? 'CAPTURE_EXCEEDS_HOLD' : 'OK';
  }
}

type Answer = Awaited<ReturnType<LedgerBench['transfer']>>;
const codeOf = (answer: Answer): string => (answer.ok ? 'OK' : answer.refusal.code);
const idOf = (answer: Answer): string => (answer.ok ? (answer.value.transferId ?? '') : '');

type OfAccount = Extract<Step, { op: 'freeze' | 'unfreeze' | 'close' | 'overdraft' }>;

async function setState(model: Model, id: string, wanted: OfAccount): Promise<void> {
  const { op, on } = wanted;
  if (op === 'close') {
    const expected = model.judgeClosing(on);
    expect(codeOf(await bench.change(id, { change: 'CLOSE' }))).toBe(expected);
    if (expected === 'OK') {
      model.status[on] = 'CLOSED';
      model.overdraft[on] = 0;
    }
    return;
  }
  const isClosed = model.status[on] === 'CLOSED';
  if (op === 'overdraft') {
    const limit = { micros: units(wanted.limit), unit: wellKnown.unit };
    const inUse = model.available(on) - (model.overdraft[on] ?? 0) + wanted.limit < 0;
    const expected = isClosed ? 'ACCOUNT_CLOSED' : inUse ? 'OVERDRAFT_IN_USE' : 'OK';
    expect(codeOf(await bench.change(id, { change: 'OVERDRAFT', limit }))).toBe(expected);
    if (expected === 'OK') model.overdraft[on] = wanted.limit;
    return;
  }
  const change = op === 'freeze' ? 'FREEZE' : 'UNFREEZE';
  expect(codeOf(await bench.change(id, { change }))).toBe(isClosed ? 'ACCOUNT_CLOSED' : 'OK');
  if (!isClosed) model.status[on] = op === 'freeze' ? 'FROZEN' : 'OPEN';
}

async function take(model: Model, ids: readonly string[], wanted: Step): Promise<void> {
  const id = (n: number): string => ids[n] ?? '';
  if (wanted.op === 'transfer') {
    const expected = model.judgeDebit(wanted.from, wanted.to, wanted.amount);
    const posted = await bench.transfer(id(wanted.from), id(wanted.to), wanted.amount);
    expect(codeOf(posted)).toBe(expected);
    if (expected !== 'OK') return;
    model.move(wanted.from, wanted.to, wanted.amount);
    model.transfers.push({ id: idOf(posted), from: wanted.from, to: wanted.to, rest: wanted.amount });
    return;
  }
  if (wanted.op === 'batch') {
    const expected = model.judgeBatch(wanted.items, wanted.linked);
    const items = wanted.items.map((item) => ({ from: id(item.from), to: id(item.to), amount: item.amount }));
    const answer = await bench.batch(items, { linked: wanted.linked });
    const codes = answer.ok ? answer.value.map((item) => (item instanceof Fault ? item.code : codeOf(item))) : [];
    expect(codes).toEqual(expected);
    return;
  }
  if (wanted.op === 'reverse') {
    const known = model.transfers[wanted.nth];
    if (known === undefined) return;
    const expected = model.judgeReversal(known, wanted.amount);
    expect(codeOf(await bench.reverse(known.id, wanted.amount))).toBe(expected);
    if (expected !== 'OK') return;
    model.move(known.to, known.from, wanted.amount);
    known.rest -= wanted.amount;
    return;
  }
  if ('on' in wanted) return setState(model, id(wanted.on), wanted);
  if (wanted.op === 'hold') {
    const expected = model.judgeDebit(wanted.from, wanted.to, wanted.amount);
    const placed = await bench.placeHold(id(wanted.from), id(wanted.to), wanted.amount);
    expect(codeOf(placed)).toBe(expected);
    if (!placed.ok) return;
    const { from, to, amount: remaining } = wanted;
    model.holds.push({ hold: await bench.heldOf(placed), from, to, amount: remaining, remaining, status: 'OPEN' });
    return;
  }
  const known = model.holds[wanted.nth];
  if (known === undefined) return;
  if (wanted.op === 'expire') {
    if (known.status !== 'OPEN') return;
    await bench.letExpire(known.hold.id);
    known.status = 'EXPIRED';
  } else if (wanted.op === 'release') {
    const expected = model.judgeOpen(known);
    expect(codeOf(await bench.release(known.hold))).toBe(expected);
    if (expected === 'OK') known.status = 'ENDED';
  } else if (wanted.op === 'extend') {
    const expected = model.judgeExtension(known, wanted.amount);
    expect(codeOf(await bench.extend(known.hold, { amount: wanted.amount, seconds: 3_600 }))).toBe(expected);
    if (expected !== 'OK') return;
    known.remaining += wanted.amount - known.amount;
    known.amount = wanted.amount;
  } else {
    const expected = model.judgeCapture(known, wanted.amount);
    expect(codeOf(await bench.capture(known.hold, wanted.amount, { final: wanted.final }))).toBe(expected);
    if (expected !== 'OK') return;
    model.move(known.from, known.to, wanted.amount);
    known.remaining -= wanted.amount;
    if (wanted.final || known.remaining === 0) known.status = 'ENDED';
  }
}

describe('the ledger and a model of it', () => {
  it('agree on random calls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const model = new Model();
        const ids = await Promise.all(BEGINNING.map((begins) => bench.accountWith(begins)));
        for (const wanted of steps) {
          await take(model, ids, wanted);
          for (const [n, id] of ids.entries()) {
            const expected = { posted: model.posted[n], held: model.held(n), incoming: model.incoming(n) };
            expect(await bench.sums(id)).toEqual(expected);
          }
        }
      }),
      { numRuns: 40, seed: 20_261_121 },
    );
  });
});
