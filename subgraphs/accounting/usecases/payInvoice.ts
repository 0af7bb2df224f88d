import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden } from '../../../platform/kernel/faults.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import { getInvoice } from './findInvoice.js';
import type { Loaders } from './loaders.js';
import type { Ledger, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender, seesAccount } from './rights.js';

/** Input of `payInvoice`. */
interface PayInvoiceInput extends KeyedInput {
  readonly invoiceId: string;
}

/**
 * Pays an invoice in full from the payer's account, by whoever may spend from it, in person; gives a receipt.
 * Refusals: INVOICE_PAID INVOICE_VOID INVOICE_SETTLED_ELSEWHERE INSUFFICIENT_FUNDS ACCOUNT_FROZEN ACCOUNT_CLOSED
 * AMOUNT_TOO_LARGE IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN (the payee and operators), NOT_FOUND.
 */
export const makePayInvoice =
  (deps: { readonly ledger: Ledger; readonly newId: NewId }) =>
  async (caller: Caller, input: PayInvoiceInput, loaders: Loaders): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    const call = callOf(caller, 'payInvoice', input);
    if (!call.ok) return call;
    const { id, payerId } = await getInvoice(person, input.invoiceId, loaders);
    const payer = await loaders.account.load(payerId);
    // As in voidInvoice: the payee sees the invoice.
    if (payer === null || !seesAccount(person, payer)) throw forbidden("Only the payer's side pays an invoice.");
    requireOwner(person, payer);
    await faultpoint('accounting.payInvoice.beforeCommit');
    const paid = await deps.ledger.payInvoice(call.value, {
      invoiceId: id,
      transferId: deps.newId('transfer'),
      receiptId: deps.newId('receipt'),
    });
    await faultpoint('accounting.payInvoice.afterCommit');
    // The payload shows the invoice as it is now.
    loaders.invoice.clear(id);
    return paid;
  };
