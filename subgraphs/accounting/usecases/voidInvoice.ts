import { forbidden } from '../../../platform/kernel/faults.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import { getInvoice } from './findInvoice.js';
import type { Loaders } from './loaders.js';
import type { Ledger, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender, seesAccount } from './rights.js';

/** Input of `voidInvoice`. */
interface VoidInvoiceInput extends KeyedInput {
  readonly invoiceId: string;
  readonly reason: string;
}

/**
 * Withdraws an invoice that is not paid, by whoever decides about the payee's account, in person. Its number stays used.
 * Refusals: INVALID_INPUT INVOICE_PAID INVOICE_VOID INVOICE_SETTLED_ELSEWHERE IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN (the payer and operators see it), NOT_FOUND.
 */
export const makeVoidInvoice =
  (deps: { readonly ledger: Ledger }) =>
  async (caller: Caller, input: VoidInvoiceInput, loaders: Loaders): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    const call = callOf(caller, 'voidInvoice', input);
    if (!call.ok) return call;
    const { id, payeeId } = await getInvoice(person, input.invoiceId, loaders);
    const payee = await loaders.account.load(payeeId);
    // The payer sees the invoice, and of the payee's account the name: that it exists is no secret here.
    if (payee === null || !seesAccount(person, payee)) throw forbidden("Only the payee's side withdraws an invoice.");
    requireOwner(person, payee);
    const reason = parseLine(input.reason, ['reason'], limits.descriptionCharactersMax);
    const withdrawn = await deps.ledger.voidInvoice(call.value, id, reason);
    // The payload shows the invoice as it is now.
    loaders.invoice.clear(id);
    return withdrawn;
  };
