import { describe, expect, it } from 'vitest';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { escrowBench, expectOk, holder, money } from '../escrowBench.js';
import { callOfTest } from '../ledgerBench.js';

const world = escrowBench();
const { escrow, open, invoice, close, filled } = world;

describe('prepayment invoices', () => {
  it('are PAID by the capture, which writes the receipt, in one transaction', async () => {
    const hold = await world.bench.heldOf(await open(escrow(30)));
    const { invoiceId = '' } = expectOk(await invoice(hold.id, 30));
    expect((await world.bench.invoices.byIds([invoiceId])).get(invoiceId)?.status).toBe('ISSUED');
    const captured = expectOk(await world.bench.capture(hold, 30));
    expect((await world.bench.invoices.byIds([invoiceId])).get(invoiceId)?.status).toBe('PAID');
    const receipts = (await world.bench.invoices.receiptsOf([invoiceId])).get(invoiceId);
    expect(receipts).toHaveLength(1);
    expect(receipts?.[0]).toMatchObject({ id: captured.receiptId, transfer: { id: captured.transferId, invoiceId } });
    expect((await world.bench.invoices.linesOf([invoiceId])).get(invoiceId)).toMatchObject([{ amount: money(30) }]);
  });

  it('ALREADY_INVOICED for a second one; after voiding there may be another', async () => {
    const hold = await world.bench.heldOf(await open(escrow(30)));
    const first = expectOk(await invoice(hold.id, 30));
    expect(await invoice(hold.id, 30)).toMatchObject({ refusal: { code: 'ALREADY_INVOICED' } });
    const voided = expectOk(await world.bench.ledger.voidPrepayment(callOfTest('voidPrepayment'), hold.id));
    expect(voided).toEqual(first);
    expect((await world.bench.invoices.byIds([first.invoiceId ?? ''])).get(first.invoiceId ?? '')?.status).toBe('VOID');
    expect((await invoice(hold.id, 30)).ok).toBe(true);
  });

  it('INVOICE_PAID when it is too late to void; nothing where there is none', async () => {
    const { hold } = await filled(5);
    const late = world.bench.ledger.voidPrepayment(callOfTest('voidPrepayment'), hold.id);
    expect(await late).toMatchObject({ refusal: { code: 'INVOICE_PAID' } });
    const bare = await world.bench.heldOf(await open(escrow(5)));
    expect(await world.bench.ledger.voidPrepayment(callOfTest('voidPrepayment'), bare.id)).toEqual({
      ok: true,
      value: {},
    });
  });

  it('HOLD_NOT_OPEN and HOLD_EXPIRED for a hold that cannot pay', async () => {
    const released = await world.bench.heldOf(await open(escrow(5)));
    await world.bench.release(released);
    expect(await invoice(released.id, 5)).toMatchObject({ refusal: { code: 'HOLD_NOT_OPEN' } });
    const expired = await world.bench.heldOf(await open(escrow(5)));
    await world.bench.letExpire(expired.id);
    expect(await invoice(expired.id, 5)).toMatchObject({ refusal: { code: 'HOLD_EXPIRED' } });
  });

  it('are numbered without gaps in the provider’s series, in parallel, credit notes among them', async () => {
    const rich = await world.bench.accountWith(1_000, holder);
    const opened = await Promise.all(Array.from({ length: 20 }, () => open(escrow(1, { payerId: rich }))));
    const holds = await Promise.all(opened.map((answer) => world.bench.heldOf(answer)));
    await Promise.all(holds.map((hold) => invoice(hold.id, 1)));
    await Promise.all(holds.map((hold) => world.bench.capture(hold, 1)));
    await Promise.all(holds.map((hold) => close(hold.creditId, 0.5)));
    const series = async (table: string) => {
      const { rows } = await world.bench.owner.query<{ number: string }>(
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
