import { notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { totalOf } from '../domain/invoice.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import { type LineInput, parseLines } from './parseLines.js';
import type { Accounts, Ledger, NewInvoice, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `issueInvoice`. */
interface IssueInvoiceInput extends KeyedInput {
  readonly payer: string;
  readonly payee: string;
  readonly lines: readonly LineInput[];
}

interface Deps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Asks for money on the payee's account, by whoever decides about that account, in person.
 * Refusals: INVALID_INPUT AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH
 * ACCOUNTS_MUST_DIFFER ACCOUNT_TAKES_NO_TRANSFERS ACCOUNT_CLOSED IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (either account).
 */
export const makeIssueInvoice =
  (deps: Deps) =>
  async (caller: Caller, input: IssueInvoiceInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    const call = callOf(caller, 'issueInvoice', input);
    if (!call.ok) return call;
    const found = await deps.accounts.byIds([input.payee]);
    requireOwner(person, found.get(input.payee));
    if (!isId('account', input.payer)) throw notFound('account');
    return deps.ledger.issueInvoice(call.value, judgeInvoice(input, deps));
  };

function judgeInvoice(input: IssueInvoiceInput, { newId, limits }: Deps): Result<NewInvoice, Refusal> {
  const lines = parseLines(input.lines);
  if (!lines.ok) return lines;
  const total = totalOf(lines.value, limits);
  if (!total.ok) return err(total.refusal);
  return ok({
    invoiceId: newId('invoice'),
    payerId: input.payer,
    payeeId: input.payee,
    total: total.value,
    lines: lines.value,
  });
}
