import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { ok } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { NewEscrow } from '../../../subgraphs/accounting/usecases/ports.js';
import { callOfTest, type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';

let bench: LedgerBench;
let payer: string;
beforeAll(async () => {
  bench = await openLedgerBench();
  payer = await bench.accountWith(1_000);
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

const money = { micros: units(10), unit: wellKnown.unit };
const open = (grantId: string) => {
  const escrow: NewEscrow = {
    accountId: newId('account'),
    holdId: newId('hold'),
    name: 'Escrow',
    grantId,
    holderId: newId('user'),
    payerId: payer,
    payeeId: wellKnown.accountRevenueLocal,
    amount: money,
    expiresInSeconds: 3_600,
    startsAt: new Date(Date.now() - 1_000),
    endsAt: new Date(Date.now() + 3_600_000),
    service: 'service:access',
  };
  return bench.ledger.openEscrow(callOfTest('openEscrow', undefined, { grantId }), ok(escrow));
};
const abandon = (grantId: string, key?: string) =>
  bench.ledger.abandonEscrow(callOfTest('abandonEscrow', key, { grantId }), ok(grantId));
const statusOf = async (id: string) => (await bench.accounts.byIds([id])).get(id)?.status;

describe('abandonEscrow', () => {
  it('releases the hold, withdraws the invoice and closes the escrow; again it finds it done', async () => {
    const grantId = newId('grant');
    const hold = await bench.heldOf(await open(grantId));
    const line = { description: 'Line', quantity: '1', unitPrice: money, amount: money };
    const invoice = { invoiceId: newId('invoice'), holdId: hold.id, lines: [line] };
    await bench.ledger.issuePrepayment(callOfTest('issuePrepayment'), ok(invoice));
    const done = { ok: true, value: { accountId: hold.creditId, holdId: hold.id } };
    expect(await abandon(grantId, `abandon ${grantId}`)).toEqual(done);
    expect(await abandon(grantId, `abandon ${grantId}`)).toEqual(done);
    expect(await statusOf(hold.creditId)).toBe('CLOSED');
    expect((await bench.holds.byIds([hold.id])).get(hold.id)?.status).toBe('RELEASED');
    expect((await bench.invoices.byIds([invoice.invoiceId])).get(invoice.invoiceId)?.status).toBe('VOID');
    expect(await bench.sums(payer)).toMatchObject({ posted: 1_000, held: 0 });
    expect(await open(grantId)).toMatchObject({ refusal: { code: 'ESCROW_EXISTS' } });
  });

  it('lets a late openEscrow find the grant abandoned: ESCROW_ABANDONED', async () => {
    const grantId = newId('grant');
    expect(await abandon(grantId)).toEqual({ ok: true, value: {} });
    expect(await open(grantId)).toMatchObject({ refusal: { code: 'ESCROW_ABANDONED' } });
    expect(await abandon(grantId)).toEqual({ ok: true, value: {} });
  });

  it('leaves nothing open, whichever of opening and abandoning comes first', async () => {
    const grants = Array.from({ length: 20 }, () => newId('grant'));
    await Promise.all(grants.flatMap((grantId) => [open(grantId), abandon(grantId)]));
    const { rows } = await bench.owner.query(
      `SELECT e.grant_id FROM escrow e JOIN account a ON a.id = e.account_id
       WHERE a.status <> 'CLOSED' AND e.grant_id = ANY ($1)`,
      [grants],
    );
    expect(rows).toEqual([]);
    expect(await bench.sums(payer)).toMatchObject({ held: 0 });
  });

  it('closes the escrow of a hold whose time ran out', async () => {
    const grantId = newId('grant');
    const hold = await bench.heldOf(await open(grantId));
    await bench.letExpire(hold.id);
    expect((await abandon(grantId)).ok).toBe(true);
    expect(await statusOf(hold.creditId)).toBe('CLOSED');
  });

  it('HOLD_NOT_OPEN while captured money is in it; once that is returned there is nothing to undo', async () => {
    const grantId = newId('grant');
    const hold = await bench.heldOf(await open(grantId));
    await bench.capture(hold, 10);
    expect(await abandon(grantId)).toMatchObject({ refusal: { code: 'HOLD_NOT_OPEN' } });
    const ids = { usageId: newId('transfer'), refundId: newId('transfer'), creditNoteId: newId('invoice') };
    const ending = { accountId: hold.creditId, earned: { ...money, micros: 0n }, ...ids };
    expect((await bench.ledger.closeEscrow(callOfTest('closeEscrow'), ok(ending))).ok).toBe(true);
    expect((await abandon(grantId)).ok).toBe(true);
    expect(await bench.sums(payer)).toMatchObject({ posted: 1_000 });
  });
});
