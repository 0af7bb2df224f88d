import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { Money, MoneyInput } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseAmount } from '../domain/amount.js';
import type { LedgerLimits } from '../domain/limits.js';
import type { Transfer } from '../domain/transfer.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, Journal, Ledger, OutcomeIds, ReversalPosting } from './ports.js';
import { requireOwner, requireSpender, seesAccount, seesBetween } from './rights.js';

/** Input of `reverseTransfer`. */
interface ReverseTransferInput extends KeyedInput {
  readonly transferId: string;
  readonly amount?: MoneyInput | null;
  readonly reason: string;
}

interface Deps {
  readonly accounts: Accounts;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Sends back what a transfer moved, whole or in part: for whoever may spend from the account that received it, since that
 * is what it does. Nobody takes money back from another's account, operators included.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH INVALID_INPUT
 * TRANSFER_NOT_REVERSIBLE ALREADY_REVERSED REVERSAL_EXCEEDS_TRANSFER LIMIT_EXCEEDED (a hundred reversals of one transfer)
 * ACCOUNT_CLOSED ACCOUNT_FROZEN INSUFFICIENT_FUNDS IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for the sender and operators.
 */
export const makeReverseTransfer =
  (deps: Deps) =>
  async (caller: Caller, input: ReverseTransferInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    const call = callOf(caller, 'reverseTransfer', input);
    if (!call.ok) return call;
    const original = (await deps.journal.transfersByIds([input.transferId])).get(input.transferId);
    if (original === undefined) throw notFound('transfer');
    const sides = await deps.accounts.byIds([original.debitId, original.creditId]);
    const credited = sides.get(original.creditId);
    if (!seesBetween(person, [sides.get(original.debitId), credited])) throw notFound('transfer');
    // To the sender the receiver's account is no secret, so it is FORBIDDEN where requireOwner would say NOT_FOUND.
    if (credited === undefined || !seesAccount(person, credited))
      throw forbidden('Only who received it gives it back.');
    requireOwner(person, credited);
    return deps.ledger.post(call.value, judgeReversal(input, original, deps));
  };

function judgeReversal(input: ReverseTransferInput, original: Transfer, deps: Deps): Result<ReversalPosting, Refusal> {
  const amount = input.amount == null ? ok<Money | null>(null) : parseAmount(input.amount, ['amount'], deps.limits);
  if (!amount.ok) return amount;
  const reason = parseLine(input.reason, ['reason'], limits.descriptionCharactersMax);
  if (!reason.ok) return reason;
  return ok({ op: 'REVERSE', id: deps.newId('transfer'), original, amount: amount.value, reason: reason.value });
}
