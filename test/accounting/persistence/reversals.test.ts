import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { OutcomeIds } from '../../../subgraphs/accounting/usecases/ports.js';
import { callOfTest, type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';

let bench: LedgerBench;
beforeAll(async () => {
  bench = await openLedgerBench();
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

type Answer = Result<OutcomeIds, Refusal>;
const code = (answer: Answer) => (answer.ok ? 'OK' : answer.refusal.code);
const transferOf = (answer: Answer): string => {
  if (!answer.ok) throw new Error(answer.refusal.code);
  return answer.value.transferId ?? '';
};
const money = (amount: number) => ({ micros: units(amount), unit: wellKnown.unit });

async function sent(amount: number): Promise<{ from: string; to: string; id: string }> {
  const from = await bench.accountWith(100);
  const to = await bench.accountWith(0);
  return { from, to, id: transferOf(await bench.transfer(from, to, amount)) };
}

/** An escrow of 30 with a job's capture of 10 from it. */
async function spentEscrow(): Promise<{ accountId: string; prepayment: string; job: string }> {
  const holderId = newId('user');
  const payerId = await bench.accountWith(100, holderId);
  const accountId = newId('account');
  const opened = await bench.ledger.openEscrow(
    callOfTest('openEscrow'),
    ok({
      accountId,
      holdId: newId('hold'),
      name: 'Escrow',
      grantId: newId('grant'),
      holderId,
      payerId,
      payeeId: wellKnown.accountRevenueLocal,
      amount: money(30),
      expiresInSeconds: 60,
      startsAt: new Date(Date.now() - 60_000),
      endsAt: new Date(Date.now() + 60_000),
      service: 'service:access',
    }),
  );
  const prepayment = transferOf(await bench.capture(await bench.heldOf(opened), 30));
  const hold = await bench.placeHold(accountId, wellKnown.accountRevenueLocal, 10, { holderId });
  return { accountId, prepayment, job: transferOf(await bench.capture(await bench.heldOf(hold), 10)) };
}

describe('reversals', () => {
  it('restore both balances exactly, and are linked both ways', async () => {
    const { from, to, id } = await sent(40.000001);
    const reversal = transferOf(await bench.reverse(id));
    expect(await bench.sums(from)).toMatchObject({ posted: 100 });
    expect(await bench.sums(to)).toMatchObject({ posted: 0 });
    const row = (await bench.journal.transfersByIds([reversal])).get(reversal);
    expect(row).toMatchObject({
      kind: 'REVERSAL',
      debitId: to,
      creditId: from,
      reversesId: id,
      amount: money(40.000001),
    });
    expect((await bench.journal.reversalsOf([id])).get(id)?.map((found) => found.id)).toEqual([reversal]);
  });

  it('in parts never exceed the original: REVERSAL_EXCEEDS_TRANSFER, then ALREADY_REVERSED', async () => {
    const { from, to, id } = await sent(10);
    expect(code(await bench.reverse(id, 10.000001))).toBe('REVERSAL_EXCEEDS_TRANSFER');
    expect(code(await bench.reverse(id, 4))).toBe('OK');
    expect(code(await bench.reverse(id, 6.000001))).toBe('REVERSAL_EXCEEDS_TRANSFER');
    expect(code(await bench.reverse(id))).toBe('OK');
    expect(code(await bench.reverse(id, 1))).toBe('ALREADY_REVERSED');
    expect(code(await bench.reverse(id))).toBe('ALREADY_REVERSED');
    expect(await bench.sums(from)).toMatchObject({ posted: 100 });
    expect(await bench.sums(to)).toMatchObject({ posted: 0 });
  });

  it('20 in parallel never exceed the original', async () => {
    const { from, to, id } = await sent(10);
    await bench.transfer(from, to, 50);
    const answers = await Promise.all(Array.from({ length: 20 }, () => bench.reverse(id, 1)));
    expect(answers.map(code).filter((answer) => answer === 'OK')).toHaveLength(10);
    expect(answers.map(code).filter((answer) => answer === 'ALREADY_REVERSED')).toHaveLength(10);
    expect(await bench.sums(to)).toMatchObject({ posted: 50 });
    const once = await sent(10);
    const whole = await Promise.all(Array.from({ length: 20 }, () => bench.reverse(once.id)));
    expect(whole.map(code).filter((answer) => answer === 'OK')).toHaveLength(1);
  });

  it('with one key have one effect, also when the transfer is reversed in full since', async () => {
    const { to, id } = await sent(10);
    const answers = await Promise.all(Array.from({ length: 10 }, () => bench.reverse(id, 4, `key ${id}`)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await bench.sums(to)).toMatchObject({ posted: 6 });
    await bench.reverse(id);
    expect(await bench.reverse(id, 4, `key ${id}`)).toEqual(answers[0]);
    expect(code(await bench.reverse(id, 5, `key ${id}`))).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('move nothing where the receiver has spent it, is frozen, or the sender is closed', async () => {
    const { from, to, id } = await sent(100);
    const elsewhere = await bench.accountWith(0);
    await bench.transfer(to, elsewhere, 70);
    expect(await bench.reverse(id)).toMatchObject({
      refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: money(70), accountId: to },
    });
    await bench.change(to, { change: 'FREEZE' });
    expect(code(await bench.reverse(id, 1))).toBe('ACCOUNT_FROZEN');
    await bench.change(to, { change: 'UNFREEZE' });
    await bench.change(from, { change: 'CLOSE' });
    expect(code(await bench.reverse(id, 1))).toBe('ACCOUNT_CLOSED');
    expect(await bench.sums(to)).toMatchObject({ posted: 30 });
  });

  it('undo deposits and captures as well', async () => {
    const payer = await bench.accountWith(100);
    const to = await bench.accountWith(0);
    const { rows } = await bench.owner.query<{ id: string }>(
      'SELECT transfer_id AS id FROM journal_entry WHERE credit_id = $1',
      [payer],
    );
    expect(code(await bench.reverse(rows[0]?.id ?? '', 20))).toBe('OK');
    const hold = await bench.heldOf(await bench.placeHold(payer, to, 30));
    const captured = transferOf(await bench.capture(hold, 20, { final: false }));
    expect(code(await bench.reverse(captured, 5))).toBe('OK');
    // What is still reserved is not touched by what was captured and came back.
    expect(await bench.sums(payer)).toEqual({ posted: 65, held: 10, incoming: 0 });
    expect(await bench.sums(to)).toEqual({ posted: 15, held: 0, incoming: 10 });
  });

  it('are not reversed themselves: TRANSFER_NOT_REVERSIBLE', async () => {
    const { id } = await sent(10);
    const reversal = transferOf(await bench.reverse(id, 5));
    expect(code(await bench.reverse(reversal))).toBe('TRANSFER_NOT_REVERSIBLE');
  });

  it('give a job’s charge back to its escrow while that is open; what filled an escrow is not reversed', async () => {
    const { accountId, prepayment, job } = await spentEscrow();
    expect(code(await bench.reverse(prepayment))).toBe('TRANSFER_NOT_REVERSIBLE');
    expect(code(await bench.reverse(job, 4))).toBe('OK');
    expect(await bench.sums(accountId)).toMatchObject({ posted: 24 });
    const refundId = newId('transfer');
    const closed = await bench.ledger.closeEscrow(
      callOfTest('closeEscrow'),
      ok({ accountId, earned: money(0), usageId: newId('transfer'), refundId, creditNoteId: newId('invoice') }),
    );
    expect(closed.ok).toBe(true);
    expect(code(await bench.reverse(job, 1))).toBe('ACCOUNT_CLOSED');
    expect(code(await bench.reverse(refundId))).toBe('TRANSFER_NOT_REVERSIBLE');
  });

  it('of one transfer are at most 100: LIMIT_EXCEEDED', async () => {
    const { id } = await sent(10);
    const answers = await Promise.all(Array.from({ length: 101 }, () => bench.reverse(id, 0.01)));
    expect(answers.map(code).filter((answer) => answer === 'OK')).toHaveLength(100);
    expect(answers.find((answer) => !answer.ok)).toMatchObject({
      refusal: { type: 'LimitExceeded', code: 'LIMIT_EXCEEDED', limit: 'reversals' },
    });
  });

  it('name a transfer that exists: NOT_FOUND', async () => {
    const { from, to } = await sent(1);
    const page = { first: 1, after: null };
    const newest = await bench.journal.transfersOf([from], page, { from: null, to: null });
    const original = { ...newest.get(from)?.[0] };
    expect(original.creditId).toBe(to);
    const forged = { ...original, id: newId('transfer') } as never;
    await expect(
      bench.post({ op: 'REVERSE', id: newId('transfer'), original: forged, amount: null, reason: 'Test' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
