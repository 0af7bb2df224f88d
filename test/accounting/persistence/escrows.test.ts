import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { ok } from '../../../platform/kernel/result.js';
import { escrowBench, expectOk, HOUR_MS, holder, money, revenue } from '../escrowBench.js';
import { callOfTest } from '../ledgerBench.js';

const world = escrowBench();
const { escrow, open, close, filled, statusOf } = world;

describe('openEscrow', () => {
  it('opens the account and places the hold in one transaction', async () => {
    const wanted = escrow(30);
    expect(expectOk(await open(wanted))).toEqual({ accountId: wanted.accountId, holdId: wanted.holdId });
    expect(await world.bench.sums(world.payer)).toMatchObject({ posted: 100, held: 30 });
    expect(await world.bench.sums(wanted.accountId)).toMatchObject({ posted: 0, incoming: 30 });
    expect((await world.bench.accounts.byIds([wanted.accountId])).get(wanted.accountId)).toMatchObject({
      kind: 'ESCROW',
      ownerId: holder,
      status: 'OPEN',
    });
  });

  it('leaves neither where the money is short, and answers the same again', async () => {
    const wanted = escrow(100.5);
    const refused = await open(wanted, 'short');
    expect(refused).toMatchObject({
      refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: money(0.5), accountId: world.payer },
    });
    expect((await world.bench.accounts.byIds([wanted.accountId])).size).toBe(0);
    expect((await world.bench.holds.byIds([wanted.holdId])).size).toBe(0);
    expect(await open(wanted, 'short')).toEqual(refused);
  });

  it('opens one for one key 10 times in parallel', async () => {
    const wanted = escrow(10);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => open({ ...wanted, accountId: newId('account'), holdId: newId('hold') }, 'ten')),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await world.bench.sums(world.payer)).toMatchObject({ held: 10 });
  });

  it('ESCROW_EXISTS for a grant that has one; IDEMPOTENCY_KEY_REUSED for another grant', async () => {
    const wanted = escrow(1);
    await open(wanted, 'first grant');
    expect(await open(escrow(1, { grantId: wanted.grantId }))).toMatchObject({ refusal: { code: 'ESCROW_EXISTS' } });
    expect(await open(escrow(1), 'first grant')).toMatchObject({ refusal: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('ESCROW_WRONG_PAYEE where the payee is not a REVENUE account', async () => {
    const other = await world.bench.accountWith(0);
    expect(await open(escrow(1, { payeeId: other }))).toMatchObject({ refusal: { code: 'ESCROW_WRONG_PAYEE' } });
  });

  it('is closed with its hold, when that is released untouched', async () => {
    const hold = await world.bench.heldOf(await open(escrow(10)));
    expect((await world.bench.release(hold)).ok).toBe(true);
    expect(await statusOf(hold.creditId)).toBe('CLOSED');
    expect(await world.bench.sums(world.payer)).toMatchObject({ posted: 100, held: 0 });
  });
});

describe('an escrow is spent by its holder, on its payee, inside its window, and by nobody else', () => {
  it('holds and captures for the payee', async () => {
    const { accountId } = await filled(50);
    const hold = await world.bench.heldOf(await world.bench.placeHold(accountId, revenue, 20, { holderId: holder }));
    expect((await world.bench.capture(hold, 12.345678)).ok).toBe(true);
    expect(await world.bench.sums(accountId)).toEqual({ posted: 37.654322, held: 0, incoming: 0 });
  });

  it('refuses a stranger', async () => {
    const { accountId } = await filled(50);
    const stranger = world.bench.placeHold(accountId, revenue, 1, { holderId: newId('user') });
    await expect(stranger).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('refuses another payee: ESCROW_WRONG_PAYEE', async () => {
    const { accountId } = await filled(50);
    expect(await world.bench.placeHold(accountId, world.payer, 1, { holderId: holder })).toMatchObject({
      refusal: { code: 'ESCROW_WRONG_PAYEE' },
    });
  });

  it('refuses a plain transfer', async () => {
    const { accountId } = await filled(50);
    await expect(world.bench.transfer(accountId, revenue, 1)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    ['before', { startsAt: new Date(Date.now() + HOUR_MS), endsAt: new Date(Date.now() + 2 * HOUR_MS) }],
    ['after', { startsAt: new Date(Date.now() - 2 * HOUR_MS), endsAt: new Date(Date.now() - HOUR_MS) }],
  ])('refuses %s its window: OUTSIDE_WINDOW', async (_when, window) => {
    const { accountId } = await filled(50, window);
    expect(await world.bench.placeHold(accountId, revenue, 1, { holderId: holder })).toMatchObject({
      refusal: { code: 'OUTSIDE_WINDOW' },
    });
  });

  it('captures after the window what was held inside it', async () => {
    const { accountId } = await filled(50);
    const hold = await world.bench.heldOf(await world.bench.placeHold(accountId, revenue, 5, { holderId: holder }));
    await world.bench.owner.query(
      "UPDATE escrow SET ends_at = clock_timestamp() - interval '1 second' WHERE account_id = $1",
      [accountId],
    );
    expect((await world.bench.capture(hold, 5)).ok).toBe(true);
  });

  it('takes no money but its own: ACCOUNT_TAKES_NO_TRANSFERS', async () => {
    const { accountId } = await filled(50);
    expect(await world.bench.transfer(world.payer, accountId, 1)).toMatchObject({
      refusal: { code: 'ACCOUNT_TAKES_NO_TRANSFERS' },
    });
    expect(await world.bench.placeHold(world.payer, accountId, 1)).toMatchObject({
      refusal: { code: 'ACCOUNT_TAKES_NO_TRANSFERS' },
    });
  });
});

describe('closeEscrow', () => {
  it('posts what was earned and returns the rest, to the last millionth, with a credit note', async () => {
    const revenueBefore = await world.bench.sums(revenue);
    const { accountId, hold } = await filled(50);
    const closed = expectOk(await close(accountId, 12.345679));
    expect(await world.bench.sums(world.payer)).toEqual({ posted: 87.654321, held: 0, incoming: 0 });
    expect((await world.bench.sums(revenue)).posted).toBeCloseTo(revenueBefore.posted + 12.345679, 6);
    expect(await world.bench.sums(accountId)).toEqual({ posted: 0, held: 0, incoming: 0 });
    expect(await statusOf(accountId)).toBe('CLOSED');
    const transfers = await world.bench.journal.transfersByIds([closed.transferId ?? '', closed.refundId ?? '']);
    expect([...transfers.values()].map(({ kind }) => kind).sort()).toEqual(['REFUND', 'USAGE']);
    const note = (await world.bench.invoices.byIds([closed.creditNoteId ?? ''])).get(closed.creditNoteId ?? '');
    expect(note).toMatchObject({ kind: 'CREDIT_NOTE', total: money(37.654321) });
    const { rows } = await world.bench.owner.query<{ id: string }>('SELECT id FROM invoice WHERE hold_id = $1', [
      hold.id,
    ]);
    const credits = await world.bench.invoices.creditsOf([rows[0]?.id ?? '']);
    expect(credits.get(rows[0]?.id ?? '')?.map(({ id }) => id)).toEqual([closed.creditNoteId]);
  });

  it('answers a repetition with the original; another key finds it closed: ACCOUNT_CLOSED', async () => {
    const { accountId } = await filled(10);
    const first = await close(accountId, 1, 'closing');
    expect(await close(accountId, 1, 'closing')).toEqual(first);
    expect(await close(accountId, 1)).toMatchObject({ refusal: { code: 'ACCOUNT_CLOSED' } });
  });

  it('returns nothing and gives no credit note where all was earned', async () => {
    const { accountId } = await filled(10);
    expect(Object.keys(expectOk(await close(accountId, 10))).sort()).toEqual(['accountId', 'transferId']);
    const whole = await filled(10);
    expect(Object.keys(expectOk(await close(whole.accountId, 0))).sort()).toEqual([
      'accountId',
      'creditNoteId',
      'refundId',
    ]);
  });

  it('EARNED_OUT_OF_RANGE above what the escrow has', async () => {
    const { accountId } = await filled(10);
    expect(await close(accountId, 10.000001)).toMatchObject({ refusal: { code: 'EARNED_OUT_OF_RANGE' } });
    expect(await statusOf(accountId)).toBe('OPEN');
  });

  it('ACCOUNT_NOT_EMPTY while a job holds money; an expired hold does not count', async () => {
    const { accountId } = await filled(10);
    const hold = await world.bench.heldOf(await world.bench.placeHold(accountId, revenue, 4, { holderId: holder }));
    expect(await close(accountId, 0)).toMatchObject({ refusal: { code: 'ACCOUNT_NOT_EMPTY' } });
    await world.bench.letExpire(hold.id);
    expect((await close(accountId, 0)).ok).toBe(true);
    expect(await world.bench.sums(world.payer)).toMatchObject({ posted: 100 });
  });

  it('UNIT_MISMATCH for an amount in another unit', async () => {
    const { accountId } = await filled(10);
    const other = { micros: 0n, unit: 'HOURS' };
    const ids = { usageId: newId('transfer'), refundId: newId('transfer'), creditNoteId: newId('invoice') };
    const answer = world.bench.ledger.closeEscrow(callOfTest('closeEscrow'), ok({ accountId, earned: other, ...ids }));
    expect(await answer).toMatchObject({ refusal: { code: 'UNIT_MISMATCH' } });
  });

  it('closes one whose opening hold expired untouched', async () => {
    const hold = await world.bench.heldOf(await open(escrow(10)));
    expect(await close(hold.creditId, 0)).toMatchObject({ refusal: { code: 'ACCOUNT_NOT_EMPTY' } });
    await world.bench.letExpire(hold.id);
    expect(expectOk(await close(hold.creditId, 0))).toEqual({ accountId: hold.creditId });
  });
});
