import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expireHolds } from '../../../subgraphs/accounting/jobs/expireHolds.js';
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

describe('holds', () => {
  it('reserves: held here, incoming there, captured in part, the rest released by the final capture', async () => {
    const payer = await bench.accountWith(100);
    const to = await bench.accountWith(0);
    const hold = await bench.heldOf(await bench.placeHold(payer, to, 60));
    expect(hold).toMatchObject({ status: 'OPEN', amount: { micros: 60_000_000n }, captured: { micros: 0n } });
    expect(await bench.sums(payer)).toEqual({ posted: 100, held: 60, incoming: 0 });
    expect(await bench.sums(to)).toEqual({ posted: 0, held: 0, incoming: 60 });

    expect(code(await bench.capture(hold, 20, { final: false }))).toBe('OK');
    expect(await bench.sums(payer)).toEqual({ posted: 80, held: 40, incoming: 0 });
    expect(await bench.sums(to)).toEqual({ posted: 20, held: 0, incoming: 40 });

    expect(code(await bench.capture(hold, 25.5))).toBe('OK');
    expect(await bench.sums(payer)).toEqual({ posted: 54.5, held: 0, incoming: 0 });
    expect(await bench.sums(to)).toEqual({ posted: 45.5, held: 0, incoming: 0 });
    expect((await bench.holds.byIds([hold.id])).get(hold.id)).toMatchObject({
      status: 'CAPTURED',
      captured: { micros: 45_500_000n },
    });
  });

  it('leaves 40 of 100 where 60 are held, and not a millionth more', async () => {
    const payer = await bench.accountWith(100);
    await bench.placeHold(payer, payee, 60);
    expect(await bench.transfer(payer, payee, 40.000001)).toMatchObject({
      refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: { micros: 1n }, available: { micros: 40_000_000n } },
    });
    expect(code(await bench.transfer(payer, payee, 40))).toBe('OK');
  });

  it('never oversubscribes: of 100 parallel holds of 3 on 100, 33 stand', async () => {
    const payer = await bench.accountWith(100);
    const answers = await Promise.all(Array.from({ length: 100 }, () => bench.placeHold(payer, payee, 3)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(33);
    expect(await bench.sums(payer)).toMatchObject({ posted: 100, held: 99 });
  });

  it('refuses more than remains: CAPTURE_EXCEEDS_HOLD', async () => {
    const payer = await bench.accountWith(100);
    const hold = await bench.heldOf(await bench.placeHold(payer, payee, 10));
    await bench.capture(hold, 4, { final: false });
    expect(code(await bench.capture(hold, 6.000001))).toBe('CAPTURE_EXCEEDS_HOLD');
    expect(code(await bench.capture(hold, 6))).toBe('OK');
  });

  it('refuses what has ended: HOLD_NOT_OPEN', async () => {
    const payer = await bench.accountWith(100);
    const hold = await bench.heldOf(await bench.placeHold(payer, payee, 10));
    expect(code(await bench.release(hold))).toBe('OK');
    expect(code(await bench.release(hold))).toBe('HOLD_NOT_OPEN');
    expect(code(await bench.capture(hold, 1))).toBe('HOLD_NOT_OPEN');
    expect(await bench.sums(payer)).toMatchObject({ posted: 100, held: 0 });
  });

  it('captures twice with one key once', async () => {
    const payer = await bench.accountWith(100);
    const hold = await bench.heldOf(await bench.placeHold(payer, payee, 10));
    const answers = await Promise.all([1, 2, 3].map(() => bench.capture(hold, 10, { key: `capture ${hold.id}` })));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await bench.sums(payer)).toMatchObject({ posted: 90, held: 0 });
  });

  it('lets capture and release in parallel have one outcome', async () => {
    const payer = await bench.accountWith(100);
    for (let round = 0; round < 10; round += 1) {
      const hold = await bench.heldOf(await bench.placeHold(payer, payee, 1));
      const [captured, released] = await Promise.all([bench.capture(hold, 1), bench.release(hold)]);
      expect([code(captured), code(released)].sort()).toEqual(['HOLD_NOT_OPEN', 'OK']);
    }
    expect(await bench.sums(payer)).toMatchObject({ held: 0 });
  });

  it('counts expiry when it reads and when it judges, before anything tidies', async () => {
    const payer = await bench.accountWith(10);
    const to = await bench.accountWith(0);
    const hold = await bench.heldOf(await bench.placeHold(payer, to, 10));
    await bench.letExpire(hold.id);
    expect((await bench.holds.byIds([hold.id])).get(hold.id)?.status).toBe('EXPIRED');
    expect(await bench.sums(payer)).toEqual({ posted: 10, held: 0, incoming: 0 });
    expect(await bench.sums(to)).toEqual({ posted: 0, held: 0, incoming: 0 });
    const onAccount = await bench.holds.onAccounts([payer], 'EXPIRED', { first: 5, after: null });
    expect(onAccount.get(payer)?.map(({ id }) => id)).toEqual([hold.id]);
    expect(code(await bench.capture(hold, 1))).toBe('HOLD_EXPIRED');
    expect(code(await bench.release(hold))).toBe('HOLD_EXPIRED');
    expect(code(await bench.transfer(payer, to, 10))).toBe('OK');
  });

  it('writes what was tidied into the journal', async () => {
    const payer = await bench.accountWith(10);
    const hold = await bench.heldOf(await bench.placeHold(payer, payee, 4));
    await bench.letExpire(hold.id);
    await expireHolds(bench.prisma);
    const { rows } = await bench.owner.query(
      'SELECT kind, amount, actor FROM journal_entry WHERE hold_id = $1 ORDER BY sequence',
      [hold.id],
    );
    expect(rows).toEqual([
      expect.objectContaining({ kind: 'HOLD_PLACED', amount: '4000000' }),
      expect.objectContaining({ kind: 'HOLD_EXPIRED', amount: '4000000', actor: 'ledger' }),
    ]);
    await expireHolds(bench.prisma);
  });
});
