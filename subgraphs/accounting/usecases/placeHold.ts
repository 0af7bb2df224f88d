import type { Person } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { invalidInput, notSupported, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseAmount } from '../domain/amount.js';
import { parseHoldSeconds, parseResource } from '../domain/holdTerms.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, HoldPosting, Ledger, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `placeHold`. */
interface PlaceHoldInput extends KeyedInput {
  readonly debitAccountId?: string | null;
  readonly mandate?: string | null;
  readonly creditAccountId: string;
  readonly amount: MoneyInput;
  readonly expiresInSeconds?: number | null;
  readonly resource?: string | null;
  readonly reason: string;
}

interface Deps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Reserves money on an account that the person spends from for another account. An escrow is debited by compute alone, for its holder.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH INVALID_INPUT
 * NOT_SUPPORTED (a mandate) ACCOUNTS_MUST_DIFFER ACCOUNT_CLOSED ACCOUNT_FROZEN ACCOUNT_TAKES_NO_TRANSFERS
 * ESCROW_WRONG_PAYEE OUTSIDE_WINDOW INSUFFICIENT_FUNDS IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makePlaceHold =
  (deps: Deps) =>
  async (caller: Caller, input: PlaceHoldInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null, 'compute']);
    const call = callOf(caller, 'placeHold', input);
    if (!call.ok) return call;
    if (input.mandate == null && input.debitAccountId != null) await requireDebit(person, input.debitAccountId, deps);
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
  if (input.mandate != null) return err(notSupported(['mandate']));
  if (input.debitAccountId == null) return err(invalidInput(['debitAccountId'], 'debitAccountId is needed.'));
  const amount = parseAmount(input.amount, ['amount'], deps.limits);
  if (!amount.ok) return amount;
  const seconds = parseHoldSeconds(input.expiresInSeconds, ['expiresInSeconds'], deps.limits);
  if (!seconds.ok) return seconds;
  const resource = parseResource(input.resource, ['resource']);
  if (!resource.ok) return resource;
  const reason = parseLine(input.reason, ['reason'], limits.descriptionCharactersMax);
  if (!reason.ok) return reason;
  return ok({
    op: 'HOLD',
    id: deps.newId('hold'),
    debitId: input.debitAccountId,
    creditId: input.creditAccountId,
    amount: amount.value,
    expiresInSeconds: seconds.value,
    resource: resource.value,
    reason: reason.value,
    holderId: person.userId,
  });
}
