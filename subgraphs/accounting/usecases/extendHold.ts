import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import type { Money, MoneyInput } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Account } from '../domain/account.js';
import { parseAmount } from '../domain/amount.js';
import type { Hold } from '../domain/hold.js';
import { parseHoldSeconds } from '../domain/holdTerms.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, ExtensionPosting, Holds, Ledger, OutcomeIds } from './ports.js';
import { isTheirs, requireOwner, requirePayeeSide, requireSpender, seesHold } from './rights.js';
import { requireSignedIn } from './signedIn.js';

/** Input of `extendHold`. */
interface ExtendHoldInput extends KeyedInput {
  readonly holdId: string;
  readonly expiresInSeconds?: number | null;
  readonly amount?: MoneyInput | null;
}

interface Deps {
  readonly accounts: Accounts;
  readonly holds: Holds;
  readonly ledger: Ledger;
  readonly limits: LedgerLimits;
}

interface Sides {
  readonly hold: Hold;
  readonly debit: Account | undefined;
  readonly credit: Account | undefined;
}

/**
 * Lets a hold last longer, counted from now and never ending earlier than it would have, or reserve more: `amount` is what
 * it reserves in all. Time is for the payee's side or the service that placed it, the amount for whoever may spend from
 * the debit account; who asks for both must be both, as compute is with a person's exchanged token.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH INVALID_INPUT HOLD_EXPIRED
 * HOLD_NOT_OPEN HOLD_NOT_LOWERED ACCOUNT_CLOSED ACCOUNT_FROZEN ACCOUNT_TAKES_NO_TRANSFERS (an escrow's opening hold)
 * OUTSIDE_WINDOW INSUFFICIENT_FUNDS IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeExtendHold =
  (deps: Deps) =>
  async (caller: Caller, input: ExtendHoldInput): Promise<Result<OutcomeIds, Refusal>> => {
    const { viewer } = caller;
    requireSignedIn(viewer);
    const call = callOf(caller, 'extendHold', input);
    if (!call.ok) return call;
    const hold = (await deps.holds.byIds([input.holdId])).get(input.holdId);
    if (hold === undefined) throw notFound('hold');
    const found = await deps.accounts.byIds([hold.debitId, hold.creditId]);
    const sides = { hold, debit: found.get(hold.debitId), credit: found.get(hold.creditId) };
    if (!seesHold(viewer, hold, [sides.debit, sides.credit])) throw notFound('hold');
    if (input.expiresInSeconds != null) requireTime(viewer, sides);
    const holderId = input.amount == null ? '' : requireRaise(viewer, sides);
    return deps.ledger.post(call.value, judgeExtension(input, hold, holderId, deps.limits));
  };

/** @throws Fault FORBIDDEN */
function requireTime(viewer: Viewer, { hold, debit, credit }: Sides): void {
  const placed = viewer.kind === 'person' && viewer.actor !== null && hold.placedBy === `service:${viewer.actor}`;
  if (!placed) requirePayeeSide(viewer, hold, debit, credit);
}

/** @returns the person in whose name more is reserved @throws Fault FORBIDDEN */
function requireRaise(viewer: Viewer, { debit }: Sides): string {
  const person = requireSpender(viewer, [null, 'compute']);
  // Who sees the hold knows of its debit account, so it is FORBIDDEN where requireOwner would say NOT_FOUND.
  if (debit === undefined || !(isOperator(person) || isTheirs(person, debit)))
    throw forbidden('Only the payer reserves more.');
  requireOwner(person, debit);
  if (debit.kind === 'ESCROW' && person.actor !== 'compute') {
    throw forbidden('An escrow is spent through the service that its grant is for.');
  }
  return person.userId;
}

function judgeExtension(
  input: ExtendHoldInput,
  hold: Hold,
  holderId: string,
  limits: LedgerLimits,
): Result<ExtensionPosting, Refusal> {
  if (input.expiresInSeconds == null && input.amount == null) {
    return err(invalidInput(['expiresInSeconds'], 'One of expiresInSeconds and amount is needed.'));
  }
  const seconds =
    input.expiresInSeconds == null ? ok(0) : parseHoldSeconds(input.expiresInSeconds, ['expiresInSeconds'], limits);
  if (!seconds.ok) return seconds;
  const amount = input.amount == null ? ok<Money | null>(null) : parseAmount(input.amount, ['amount'], limits);
  if (!amount.ok) return amount;
  return ok({ op: 'EXTEND', hold, expiresInSeconds: seconds.value, amount: amount.value, holderId });
}
