import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hold } from '../../../subgraphs/accounting/domain/hold.js';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

let bench: LedgerBench;
let payee: string;
beforeAll(async () => {
  bench = await openLedgerBench();
  payee = await bench.accountWith(0);
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

const code = (answer: { ok: boolean; refusal?: { code: string } }) => (answer.ok ? 'OK' : answer.refusal?.code);
const now = async (hold: Hold) => (await bench.holds.byIds([hold.id])).get(hold.id);
const rowsOf = async (hold: Hold) =>
  (await bench.owner.query('SELECT kind, amount FROM journal_entry WHERE hold_id = $1 ORDER BY sequence', [hold.id]))
    .rows;

async function held(amount: number): Promise<{ payer: string; hold: Hold }> {
  const payer = await bench.accountWith(100);
  return { payer, hold: await bench.heldOf(await bench.placeHold(payer, payee, amount, { seconds: 60 })) };
}

describe('extending a hold', () => {
  it('in time counts from now, never ends earlier, and leaves no row in the journal', async () => {
    const { payer, hold } = await held(10);
    expect(code(await bench.extend(hold, { seconds: 3_600 }))).toBe('OK');
    const later = (await now(hold))?.expiresAt.getTime() ?? 0;
    expect(later - hold.expiresAt.getTime()).toBeGreaterThan(3_500_000);
    expect(code(await bench.extend(hold, { seconds: 1 }))).toBe('OK');
    expect((await now(hold))?.expiresAt.getTime()).toBe(later);
    expect(await rowsOf(hold)).toEqual([{ kind: 'HOLD_PLACED', amount: '10000000' }]);
    expect(await bench.sums(payer)).toMatchObject({ held: 10 });
  });

  it('and capturing it beyond what it reserved at first go together in one gathered batch', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { payer, hold } = await held(10);
      // Two batches in flight, so that what follows is gathered.
      const busy = Array.from({ length: 3 }, () => bench.transfer(payer, payee, 1));
      const [extended, captured] = await Promise.all([bench.extend(hold, { amount: 20 }), bench.capture(hold, 15)]);
      await Promise.all(busy);
      expect([code(extended), code(captured)]).toEqual(['OK', 'OK']);
      expect(await bench.sums(payer)).toMatchObject({ held: 0, posted: 82 });
    }
  });

  it('in amount reserves the difference, and the journal says so', async () => {
    const { payer, hold } = await held(10);
    await bench.capture(hold, 4, { final: false });
    expect(code(await bench.extend(hold, { amount: 25 }))).toBe('OK');
    expect(await bench.sums(payer)).toEqual({ posted: 96, held: 21, incoming: 0 });
    expect(await now(hold)).toMatchObject({ amount: { micros: 25_000_000n }, expiresAt: hold.expiresAt });
    expect(await rowsOf(hold)).toEqual([
      { kind: 'HOLD_PLACED', amount: '10000000' },
      { kind: 'CAPTURE', amount: '4000000' },
      { kind: 'HOLD_EXTENDED', amount: '15000000' },
    ]);
    expect(code(await bench.capture(hold, 21.000001))).toBe('CAPTURE_EXCEEDS_HOLD');
    expect(code(await bench.capture(hold, 21))).toBe('OK');
    expect(await bench.sums(payer)).toEqual({ posted: 75, held: 0, incoming: 0 });
    await bench.assertInvariants();
  });

  it('reserves no more than there is: INSUFFICIENT_FUNDS, and then neither amount nor time changes', async () => {
    const { payer, hold } = await held(10);
    expect(await bench.extend(hold, { amount: 100.000001, seconds: 3_600 })).toMatchObject({
      refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: { micros: 1n }, accountId: payer },
    });
    expect(await now(hold)).toEqual(hold);
    expect(code(await bench.extend(hold, { amount: 100, seconds: 3_600 }))).toBe('OK');
    expect((await now(hold))?.expiresAt.getTime()).toBeGreaterThan(hold.expiresAt.getTime());
  });

  it('never oversubscribes: of 20 parallel raises by 10 on 100, as many stand as there is money for', async () => {
    const payer = await bench.accountWith(100);
    const holds = await Promise.all(
      Array.from({ length: 5 }, async () => bench.heldOf(await bench.placeHold(payer, payee, 10))),
    );
    const answers = await Promise.all(
      holds.flatMap((hold) => [20, 30, 40].map((amount) => bench.extend(hold, { amount }))),
    );
    expect(answers.some(({ ok }) => !ok)).toBe(true);
    const { held: reserved } = await bench.sums(payer);
    expect(reserved).toBeLessThanOrEqual(100);
    await bench.assertInvariants();
  });

  it('does not lower: HOLD_NOT_LOWERED; the same amount changes nothing', async () => {
    const { hold } = await held(10);
    expect(code(await bench.extend(hold, { amount: 9.999999 }))).toBe('HOLD_NOT_LOWERED');
    expect(code(await bench.extend(hold, { amount: 10 }))).toBe('OK');
    expect(await rowsOf(hold)).toHaveLength(1);
  });

  it('takes no hold that has ended: HOLD_EXPIRED, HOLD_NOT_OPEN', async () => {
    const { hold } = await held(10);
    await bench.letExpire(hold.id);
    expect(code(await bench.extend(hold, { seconds: 60 }))).toBe('HOLD_EXPIRED');
    const released = await held(10);
    await bench.release(released.hold);
    expect(code(await bench.extend(released.hold, { seconds: 60 }))).toBe('HOLD_NOT_OPEN');
  });

  it('reserves nothing more on a frozen account, but lasts longer there', async () => {
    const { payer, hold } = await held(10);
    await bench.change(payer, { change: 'FREEZE' });
    expect(code(await bench.extend(hold, { amount: 11 }))).toBe('ACCOUNT_FROZEN');
    expect(code(await bench.extend(hold, { seconds: 600 }))).toBe('OK');
  });

  it('with one key raises once', async () => {
    const { payer, hold } = await held(10);
    const again = () => bench.extend(hold, { amount: 20, key: `extend ${hold.id}` });
    const answers = await Promise.all([again(), again(), again()]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await bench.release(hold);
    expect(await again()).toEqual(answers[0]);
    expect(await bench.sums(payer)).toMatchObject({ held: 0 });
  });
});
