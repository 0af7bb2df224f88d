import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hold } from '../../../subgraphs/accounting/domain/hold.js';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

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

const account = fc.integer({ min: 0, max: 2 });
const amount = fc.integer({ min: 1, max: 60 });
const step = fc.oneof(
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
  remaining: number;
  status: 'OPEN' | 'ENDED' | 'EXPIRED';
}

/** The same rules in a dozen lines, on three accounts that begin with 100. */
class Model {
  readonly posted = [100, 100, 100];
  readonly holds: ModelHold[] = [];

  readonly open = (): ModelHold[] => this.holds.filter(({ status }) => status === 'OPEN');
  readonly sum = (holds: readonly ModelHold[]): number => holds.reduce((total, { remaining }) => total + remaining, 0);
  readonly held = (n: number): number => this.sum(this.open().filter(({ from }) => from === n));
  readonly incoming = (n: number): number => this.sum(this.open().filter(({ to }) => to === n));

  judgeDebit(from: number, to: number, wanted: number): string {
    if (from === to) return 'ACCOUNTS_MUST_DIFFER';
    return wanted > (this.posted[from] ?? 0) - this.held(from) ? 'INSUFFICIENT_FUNDS' : 'OK';
  }

  move(from: number, to: number, moved: number): void {
    this.posted[from] = (this.posted[from] ?? 0) - moved;
    this.posted[to] = (this.posted[to] ?? 0) + moved;
  }

  judgeHold({ status, remaining }: ModelHold, wanted: number): string {
    if (status !== 'OPEN') return status === 'EXPIRED' ? 'HOLD_EXPIRED' : 'HOLD_NOT_OPEN';
    return wanted > remaining ? 'CAPTURE_EXCEEDS_HOLD' : 'OK';
  }
}

type Answer = Awaited<ReturnType<LedgerBench['transfer']>>;
const codeOf = (answer: Answer): string => (answer.ok ? 'OK' : answer.refusal.code);

async function take(model: Model, ids: readonly string[], wanted: Step): Promise<void> {
  const id = (n: number): string => ids[n] ?? '';
  if (wanted.op === 'transfer') {
    const expected = model.judgeDebit(wanted.from, wanted.to, wanted.amount);
    expect(codeOf(await bench.transfer(id(wanted.from), id(wanted.to), wanted.amount))).toBe(expected);
    if (expected === 'OK') model.move(wanted.from, wanted.to, wanted.amount);
    return;
  }
  if (wanted.op === 'hold') {
    const expected = model.judgeDebit(wanted.from, wanted.to, wanted.amount);
    const placed = await bench.placeHold(id(wanted.from), id(wanted.to), wanted.amount);
    expect(codeOf(placed)).toBe(expected);
    if (!placed.ok) return;
    const { from, to, amount: remaining } = wanted;
    model.holds.push({ hold: await bench.heldOf(placed), from, to, remaining, status: 'OPEN' });
    return;
  }
  const known = model.holds[wanted.nth];
  if (known === undefined) return;
  if (wanted.op === 'expire') {
    if (known.status !== 'OPEN') return;
    await bench.letExpire(known.hold.id);
    known.status = 'EXPIRED';
  } else if (wanted.op === 'release') {
    const expected = model.judgeHold(known, 0);
    expect(codeOf(await bench.release(known.hold))).toBe(expected);
    if (expected === 'OK') known.status = 'ENDED';
  } else {
    const expected = model.judgeHold(known, wanted.amount);
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
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const model = new Model();
        const ids = await Promise.all([0, 1, 2].map(() => bench.accountWith(100)));
        for (const wanted of steps) {
          await take(model, ids, wanted);
          for (const [n, id] of ids.entries()) {
            const expected = { posted: model.posted[n], held: model.held(n), incoming: model.incoming(n) };
            expect(await bench.sums(id)).toEqual(expected);
          }
        }
      }),
      { numRuns: 25, seed: 20_261_121 },
    );
  });
});
