import type { Mandates } from '../../../platform/auth/mandates.js';
import type { Person } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type HoldTermsInput, parseHoldTerms } from '../domain/holdTerms.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import { placeMandateHold } from './placeMandateHold.js';
import type { Accounts, HoldPosting, Ledger, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `placeHold`. */
interface PlaceHoldInput extends KeyedInput, HoldTermsInput {
  readonly debitAccountId?: string | null;
  readonly mandate?: string | null;
  readonly creditAccountId: string;
}

interface Deps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly mandates: Mandates;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Reserves money on an account that the person spends from for another account; or, by a mandate, for an account of the
 * person's side (placeMandateHold). An escrow is debited by compute alone, for its holder.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH INVALID_INPUT
 * ACCOUNTS_MUST_DIFFER ACCOUNT_CLOSED ACCOUNT_FROZEN ACCOUNT_TAKES_NO_TRANSFERS
 * ESCROW_WRONG_PAYEE OUTSIDE_WINDOW INSUFFICIENT_FUNDS IDEMPOTENCY_KEY_REUSED, and those of a mandate.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makePlaceHold =
  (deps: Deps) =>
  async (caller: Caller, input: PlaceHoldInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null, 'compute']);
    const call = callOf(caller, 'placeHold', input);
    if (!call.ok) return call;
    if (input.mandate != null) return placeMandateHold(person, call.value, { ...input, mandate: input.mandate }, deps);
    if (input.debitAccountId != null) await requireDebit(person, input.debitAccountId, deps);
    if (!isId('account', input.creditAccountId)) throw notFound('account');
    return deps.ledger.post(call.value, judgeHold(input, person, deps));
  };

async function requireDebit(person: Person, debitId: string, deps: Deps): Promise<void> {
  const account = requireOwner(person, (await deps.accounts.byIds([debitId])).get(debitId));
  if (account.kind === 'ESCROW' && person.actor !== 'compute') {
    throw forbidden('An escrow is spent through the service that its grant is for.');
  }
}

function judgeHold(input: PlaceHoldInput, person: Person, deps: Deps): Result<HoldPosting, Refusal> {
  if (input.debitAccountId == null) return err(invalidInput(['debitAccountId'], 'debitAccountId is needed.'));
  const terms = parseHoldTerms(input, deps.limits);
  if (!terms.ok) return terms;
  return ok({
    op: 'HOLD',
    id: deps.newId('hold'),
    debitId: input.debitAccountId,
    creditId: input.creditAccountId,
    holderId: person.userId,
    ...terms.value,
  });
}
