import { isOperator } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { notSupported, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseAmount } from '../domain/amount.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, Ledger, OutcomeIds, TransferPosting } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `transfer`. */
interface TransferInput extends KeyedInput {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: MoneyInput;
  readonly description: string;
  readonly effectiveAt?: Date | null;
}

/**
 * Sends money from an account of one's own, or of a group that one is ADMIN of, to any open account.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH INVALID_INPUT
 * NOT_SUPPORTED ACCOUNTS_MUST_DIFFER ACCOUNT_CLOSED ACCOUNT_FROZEN ACCOUNT_TAKES_NO_TRANSFERS INSUFFICIENT_FUNDS
 * IDEMPOTENCY_KEY_REUSED. Faults: NOT_FOUND for an account that is not the caller's, FORBIDDEN for a member
 * or an operator who would spend from it, and for effectiveAt, which is for operators and services.
 */
export const makeTransfer =
  (deps: { accounts: Accounts; ledger: Ledger; newId: NewId; limits: LedgerLimits }) =>
  async (caller: Caller, input: TransferInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    if (input.effectiveAt != null && !isOperator(person)) throw forbidden('effectiveAt is for operators and services.');
    const call = callOf(caller, 'transfer', input);
    if (!call.ok) return call;
    const found = await deps.accounts.byIds([input.debitAccountId]);
    requireOwner(person, found.get(input.debitAccountId));
    if (!isId('account', input.creditAccountId)) throw notFound('account');
    const posted = await deps.ledger.post(call.value, judgeTransfer(input, deps));
    const sides = { debitId: input.debitAccountId, creditId: input.creditAccountId };
    return posted.ok ? ok({ ...posted.value, ...sides }) : posted;
  };

function judgeTransfer(
  input: TransferInput,
  deps: { newId: NewId; limits: LedgerLimits },
): Result<TransferPosting, Refusal> {
  if (input.effectiveAt != null) return err(notSupported(['effectiveAt']));
  const amount = parseAmount(input.amount, ['amount'], deps.limits);
  if (!amount.ok) return amount;
  const description = parseLine(input.description, ['description'], limits.descriptionCharactersMax);
  if (!description.ok) return description;
  return ok({
    op: 'TRANSFER',
    kind: 'TRANSFER',
    id: deps.newId('transfer'),
    debitId: input.debitAccountId,
    creditId: input.creditAccountId,
    amount: amount.value,
    description: description.value,
  });
}
