import { notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import { judgeTransfer, requireBackdater, type TransferTerms } from './judgeTransfer.js';
import type { Accounts, Ledger, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `transfer`. */
interface TransferInput extends KeyedInput, TransferTerms {}

/**
 * Sends money from an account of one's own, or of a group that one is ADMIN of, to any open account.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH INVALID_INPUT
 * EFFECTIVE_AT_OUT_OF_RANGE ACCOUNTS_MUST_DIFFER ACCOUNT_CLOSED ACCOUNT_FROZEN ACCOUNT_TAKES_NO_TRANSFERS
 * INSUFFICIENT_FUNDS IDEMPOTENCY_KEY_REUSED. Faults: NOT_FOUND for an account that is not the caller's, FORBIDDEN for a
 * member or an operator who would spend from it, and for effectiveAt, which is for operators and services.
 */
export const makeTransfer =
  (deps: { accounts: Accounts; ledger: Ledger; newId: NewId; limits: LedgerLimits }) =>
  async (caller: Caller, input: TransferInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    requireBackdater(person, [input]);
    const call = callOf(caller, 'transfer', input);
    if (!call.ok) return call;
    const found = await deps.accounts.byIds([input.debitAccountId]);
    requireOwner(person, found.get(input.debitAccountId));
    if (!isId('account', input.creditAccountId)) throw notFound('account');
    const posted = await deps.ledger.post(call.value, judgeTransfer(input, [], deps));
    const sides = { debitId: input.debitAccountId, creditId: input.creditAccountId };
    return posted.ok ? ok({ ...posted.value, ...sides }) : posted;
  };
