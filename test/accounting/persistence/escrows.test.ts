import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { Hold } from '../../../subgraphs/accounting/domain/hold.js';
import type { NewEscrow, OutcomeIds } from '../../../subgraphs/accounting/usecases/ports.js';
import { callOfTest, type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';

let bench: LedgerBench;
let payer: string;
const holder = newId('user');
const revenue = wellKnown.accountRevenueLocal;
beforeAll(async () => {
  bench = await openLedgerBench();
});
beforeEach(async () => {
  payer = await bench.accountWith(100, holder);
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

const money = (amount: number) => ({ micros: units(amount), unit: wellKnown.unit });
const HOUR_MS = 3_600_000;

function escrow(amount: number, change: Partial<NewEscrow> = {}): NewEscrow {
  return {
    accountId: newId('account'),
    holdId: newId('hold'),
    name: 'Escrow',
    grantId: newId('grant'),
    holderId: holder,
    payerId: payer,
    payeeId: revenue,
    amount: money(amount),
    expiresInSeconds: 3_600,
    startsAt: new Date(Date.now() - HOUR_MS),
    endsAt: new Date(Date.now() + HOUR_MS),
    service: 'service:access',
    ...change,
  };
}

const open = (wanted: NewEscrow, key?: string) =>
  bench.ledger.openEscrow(callOfTest('openEscrow', key, { grantId: wanted.grantId }), ok(wanted));
const invoice = (holdId: string, amount: number, key?: string) =>
  bench.ledger.issuePrepayment(
    callOfTest('issuePrepayment', key, { holdId }),
    ok({
      invoiceId: newId('invoice'),
      holdId,
      lines: [{ description: 'Line', quantity: '1', unitPrice: money(amount), amount: money(amount) }],
    }),
  );
const close = (accountId: string, earned: number, key?: string) =>
  bench.ledger.closeEscrow(
    callOfTest('closeEscrow', key, { accountId, earned }),
    ok({
      accountId,
      earned: money(earned),
      usageId: newId('transfer'),
      refundId: newId('transfer'),
      creditNoteId: newId('invoice'),
    }),
  );

/** An escrow with its money in it, as requestAccess leaves it. */
async function filled(amount: number, change: Partial<NewEscrow> = {}): Promise<{ accountId: string; hold: Hold }> {
  const opened = await open(escrow(amount, change));
  const hold = await bench.heldOf(opened);
  expect((await invoice(hold.id, amount)).ok).toBe(true);
  expect((await bench.capture(hold, amount)).ok).toBe(true);
  return { accountId: expectOk(opened).accountId ?? '', hold };
}

function expectOk(answer: Result<OutcomeIds, Refusal>): OutcomeIds {
  if (!answer.ok) throw new Error(answer.refusal.code);
  return answer.value;
}

const statusOf = async (id: string) => (await bench.accounts.byIds([id])).get(id)?.status;

describe('openEscrow', () => {
  it('opens the account and places the hold in one transaction', async () => {
    const wanted = escrow(30);
    expect(expectOk(await open(wanted))).toEqual({ accountId: wanted.accountId, holdId: wanted.holdId });
    expect(await bench.sums(payer)).toMatchObject({ posted: 100, held: 30 });
    expect(await bench.sums(wanted.accountId)).toMatchObject({ posted: 0, incoming: 30 });
    expect((await bench.accounts.byIds([wanted.accountId])).get(wanted.accountId)).toMatchObject({
      kind: 'ESCROW',
      ownerId: holder,
      status: 'OPEN',
    });
  });

  it('leaves neither where the money is short, and answers the same again', async () => {
    const wanted = escrow(100.5);
    const refused = await open(wanted, 'short');
    expect(refused).toMatchObject({ refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: money(0.5), accountId: payer } });
    expect((await bench.accounts.byIds([wanted.accountId])).size).toBe(0);
    expect((await bench.holds.byIds([wanted.holdId])).size).toBe(0);
    expect(await open(wanted, 'short')).toEqual(refused);
  });

  it('opens one for one key 10 times in parallel', async () => {
    const wanted = escrow(10);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => open({ ...wanted, accountId: newId('account'), holdId: newId('hold') }, 'ten')),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await bench.sums(payer)).toMatchObject({ held: 10 });
  });

  it('ESCROW_EXISTS for a grant that has one; IDEMPOTENCY_KEY_REUSED for another grant', async () => {
    const wanted = escrow(1);
    await open(wanted, 'first grant');
    expect(await open(escrow(1, { grantId: wanted.grantId }))).toMatchObject({ refusal: { code: 'ESCROW_EXISTS' } });
    expect(await open(escrow(1), 'first grant')).toMatchObject({ refusal: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('ESCROW_WRONG_PAYEE where the payee is not a REVENUE account', async () => {
    const other = await bench.accountWith(0);
    expect(await open(escrow(1, { payeeId: other }))).toMatchObject({ refusal: { code: 'ESCROW_WRONG_PAYEE' } });
  });

  it('is closed with its hold, when that is released untouched', async () => {
    const hold = await bench.heldOf(await open(escrow(10)));
    expect((await bench.release(hold)).ok).toBe(true);
    expect(await statusOf(hold.creditId)).toBe('CLOSED');
    expect(await bench.sums(payer)).toMatchObject({ posted: 100, held: 0 });
  });
});

describe('an escrow is spent by its holder, on its payee, inside its window, and by nobody else', () => {
  it('holds and captures for the payee', async () => {
    const { accountId } = await filled(50);
    const hold = await bench.heldOf(await bench.placeHold(accountId, revenue, 20, { holderId: holder }));
    expect((await bench.capture(hold, 12.345678)).ok).toBe(true);
    expect(await bench.sums(accountId)).toEqual({ posted: 37.654322, held: 0, incoming: 0 });
  });

  it('refuses a stranger', async () => {
    const { accountId } = await filled(50);
    const stranger = bench.placeHold(accountId, revenue, 1, { holderId: newId('user') });
    await expect(stranger).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('refuses another payee: ESCROW_WRONG_PAYEE', async () => {
    const { accountId } = await filled(50);
    expect(await bench.placeHold(accountId, payer, 1, { holderId: holder })).toMatchObject({
      refusal: { code: 'ESCROW_WRONG_PAYEE' },
    });
  });

  it('refuses a plain transfer', async () => {
    const { accountId } = await filled(50);
    await expect(bench.transfer(accountId, revenue, 1)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    ['before', { startsAt: new Date(Date.now() + HOUR_MS), endsAt: new Date(Date.now() + 2 * HOUR_MS) }],
    ['after', { startsAt: new Date(Date.now() - 2 * HOUR_MS), endsAt: new Date(Date.now() - HOUR_MS) }],
  ])('refuses %s its window: OUTSIDE_WINDOW', async (_when, window) => {
    const { accountId } = await filled(50, window);
    expect(await bench.placeHold(accountId, revenue, 1, { holderId: holder })).toMatchObject({
      refusal: { code: 'OUTSIDE_WINDOW' },
    });
  });

  it('captures after the window what was held inside it', async () => {
    const { accountId } = await filled(50);
    const hold = await bench.heldOf(await bench.placeHold(accountId, revenue, 5, { holderId: holder }));
    await bench.owner.query(
      "UPDATE escrow SET ends_at = clock_timestamp() - interval '1 second' WHERE account_id = $1",
      [accountId],
    );
    expect((await bench.capture(hold, 5)).ok).toBe(true);
  });

  it('takes no money but its own: ACCOUNT_TAKES_NO_TRANSFERS', async () => {
    const { accountId } = await filled(50);
    expect(await bench.transfer(payer, accountId, 1)).toMatchObject({
      refusal: { code: 'ACCOUNT_TAKES_NO_TRANSFERS' },
    });
    expect(await bench.placeHold(payer, accountId, 1)).toMatchObject({
      refusal: { code: 'ACCOUNT_TAKES_NO_TRANSFERS' },
    });
  });
});

describe('closeEscrow', () => {
  it('posts what was earned and returns the rest, to the last millionth, with a credit note', async () => {
    const revenueBefore = await bench.sums(revenue);
    const { accountId, hold } = await filled(50);
    const closed = expectOk(await close(accountId, 12.345679));
    expect(await bench.sums(payer)).toEqual({ posted: 87.654321, held: 0, incoming: 0 });
    expect((await bench.sums(revenue)).posted).toBeCloseTo(revenueBefore.posted + 12.345679, 6);
    expect(await bench.sums(accountId)).toEqual({ posted: 0, held: 0, incoming: 0 });
    expect(await statusOf(accountId)).toBe('CLOSED');
    const transfers = await bench.journal.transfersByIds([closed.transferId ?? '', closed.refundId ?? '']);
    expect([...transfers.values()].map(({ kind }) => kind).sort()).toEqual(['REFUND', 'USAGE']);
    const note = (await bench.invoices.byIds([closed.creditNoteId ?? ''])).get(closed.creditNoteId ?? '');
    expect(note).toMatchObject({ kind: 'CREDIT_NOTE', total: money(37.654321) });
    const { rows } = await bench.owner.query<{ id: string }>('SELECT id FROM invoice WHERE hold_id = $1', [hold.id]);
    const credits = await bench.invoices.creditsOf([rows[0]?.id ?? '']);
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
    const hold = await bench.heldOf(await bench.placeHold(accountId, revenue, 4, { holderId: holder }));
    expect(await close(accountId, 0)).toMatchObject({ refusal: { code: 'ACCOUNT_NOT_EMPTY' } });
    await bench.letExpire(hold.id);
    expect((await close(accountId, 0)).ok).toBe(true);
    expect(await bench.sums(payer)).toMatchObject({ posted: 100 });
  });

  it('UNIT_MISMATCH for an amount in another unit', async () => {
    const { accountId } = await filled(10);
    const other = { micros: 0n, unit: 'HOURS' };
    const ids = { usageId: newId('transfer'), refundId: newId('transfer'), creditNoteId: newId('invoice') };
    const answer = bench.ledger.closeEscrow(callOfTest('closeEscrow'), ok({ accountId, earned: other, ...ids }));
    expect(await answer).toMatchObject({ refusal: { code: 'UNIT_MISMATCH' } });
  });

  it('closes one whose opening hold expired untouched', async () => {
    const hold = await bench.heldOf(await open(escrow(10)));
    expect(await close(hold.creditId, 0)).toMatchObject({ refusal: { code: 'ACCOUNT_NOT_EMPTY' } });
    await bench.letExpire(hold.id);
    expect(expectOk(await close(hold.creditId, 0))).toEqual({ accountId: hold.creditId });
  });
});

describe('prepayment invoices', () => {
  it('are PAID by the capture, which writes the receipt, in one transaction', async () => {
    const hold = await bench.heldOf(await open(escrow(30)));
    const { invoiceId = '' } = expectOk(await invoice(hold.id, 30));
    expect((await bench.invoices.byIds([invoiceId])).get(invoiceId)?.status).toBe('ISSUED');
    const captured = expectOk(await bench.capture(hold, 30));
    expect((await bench.invoices.byIds([invoiceId])).get(invoiceId)?.status).toBe('PAID');
    const receipts = (await bench.invoices.receiptsOf([invoiceId])).get(invoiceId);
    expect(receipts).toHaveLength(1);
    expect(receipts?.[0]).toMatchObject({ id: captured.receiptId, transfer: { id: captured.transferId, invoiceId } });
    expect((await bench.invoices.linesOf([invoiceId])).get(invoiceId)).toMatchObject([{ amount: money(30) }]);
  });

  it('ALREADY_INVOICED for a second one; after voiding there may be another', async () => {
    const hold = await bench.heldOf(await open(escrow(30)));
    const first = expectOk(await invoice(hold.id, 30));
    expect(await invoice(hold.id, 30)).toMatchObject({ refusal: { code: 'ALREADY_INVOICED' } });
    const voided = expectOk(await bench.ledger.voidPrepayment(callOfTest('voidPrepayment'), hold.id));
    expect(voided).toEqual(first);
    expect((await bench.invoices.byIds([first.invoiceId ?? ''])).get(first.invoiceId ?? '')?.status).toBe('VOID');
    expect((await invoice(hold.id, 30)).ok).toBe(true);
  });

  it('INVOICE_PAID when it is too late to void; nothing where there is none', async () => {
    const { hold } = await filled(5);
    const late = bench.ledger.voidPrepayment(callOfTest('voidPrepayment'), hold.id);
    expect(await late).toMatchObject({ refusal: { code: 'INVOICE_PAID' } });
    const bare = await bench.heldOf(await open(escrow(5)));
    expect(await bench.ledger.voidPrepayment(callOfTest('voidPrepayment'), bare.id)).toEqual({ ok: true, value: {} });
  });

  it('HOLD_NOT_OPEN and HOLD_EXPIRED for a hold that cannot pay', async () => {
    const released = await bench.heldOf(await open(escrow(5)));
    await bench.release(released);
    expect(await invoice(released.id, 5)).toMatchObject({ refusal: { code: 'HOLD_NOT_OPEN' } });
    const expired = await bench.heldOf(await open(escrow(5)));
    await bench.letExpire(expired.id);
    expect(await invoice(expired.id, 5)).toMatchObject({ refusal: { code: 'HOLD_EXPIRED' } });
  });

  it('are numbered without gaps in the provider’s series, in parallel, credit notes among them', async () => {
    const rich = await bench.accountWith(1_000, holder);
    const opened = await Promise.all(Array.from({ length: 20 }, () => open(escrow(1, { payerId: rich }))));
    const holds = await Promise.all(opened.map((answer) => bench.heldOf(answer)));
    await Promise.all(holds.map((hold) => invoice(hold.id, 1)));
    await Promise.all(holds.map((hold) => bench.capture(hold, 1)));
    await Promise.all(holds.map((hold) => close(hold.creditId, 0.5)));
    const series = async (table: string) => {
      const { rows } = await bench.owner.query<{ number: string }>(
        `SELECT number FROM ${table} WHERE series_owner_id = $1 ORDER BY number`,
        [wellKnown.groupLocal],
      );
      return rows.map(({ number }) => Number(number));
    };
    const invoices = await series('invoice');
    expect(invoices.length).toBeGreaterThanOrEqual(40);
    expect(invoices).toEqual(invoices.map((_, position) => position + 1));
    const receipts = await series('receipt');
    expect(receipts).toEqual(receipts.map((_, position) => position + 1));
  });
});
