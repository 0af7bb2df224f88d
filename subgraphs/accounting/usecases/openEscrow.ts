import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { belongsTo, isPrincipalId } from '../../../platform/kernel/principal.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseAmount } from '../domain/amount.js';
import { parseHoldSeconds } from '../domain/holdTerms.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, Ledger, NewEscrow, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `openEscrow`. */
interface OpenEscrowInput extends KeyedInput {
  readonly grantId: string;
  readonly holderId: string;
  readonly payerAccountId: string;
  readonly payeeAccountId: string;
  readonly amount: MoneyInput;
  readonly holdExpiresInSeconds: number;
  readonly offerId?: string | null;
  readonly clusterId?: string | null;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

interface Deps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * For access, with a person's exchanged token: opens a grant's escrow and reserves its price on the person's account, in
 * one transaction.
 * Refusals: those of placeHold, ESCROW_EXISTS for a grant that has one, ESCROW_WRONG_PAYEE where the payee is not a
 * REVENUE account. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND for an account that is not the person's.
 */
export const makeOpenEscrow =
  (deps: Deps) =>
  async (caller: Caller, input: OpenEscrowInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, ['access']);
    const call = callOf(caller, 'openEscrow', input);
    if (!call.ok) return call;
    const found = await deps.accounts.byIds([input.payerAccountId, input.payeeAccountId]);
    requireOwner(person, found.get(input.payerAccountId));
    if (!found.has(input.payeeAccountId)) throw notFound('account');
    if (isId('group', input.holderId) && !belongsTo(person, input.holderId)) {
      throw forbidden('Only its members ask for a group.');
    }
    await faultpoint('accounting.openEscrow.beforeCommit');
    const opened = await deps.ledger.openEscrow(
      call.value,
      judgeEscrow(input, { service: call.value.actor, spenderId: person.userId }, deps),
    );
    await faultpoint('accounting.openEscrow.afterCommit');
    return opened;
  };

function judgeEscrow(
  input: OpenEscrowInput,
  by: Pick<NewEscrow, 'service' | 'spenderId'>,
  deps: Deps,
): Result<NewEscrow, Refusal> {
  if (!isId('grant', input.grantId)) return err(invalidInput(['grantId'], "grantId is not a grant's id."));
  if (!isPrincipalId(input.holderId))
    return err(invalidInput(['holderId'], "holderId is not a person's or group's id."));
  if (input.offerId != null && !isId('offer', input.offerId)) {
    return err(invalidInput(['offerId'], "offerId is not an offer's id."));
  }
  if (input.clusterId != null && !isId('cluster', input.clusterId)) {
    return err(invalidInput(['clusterId'], "clusterId is not a cluster's id."));
  }
  if (input.startsAt >= input.endsAt) return err(invalidInput(['endsAt'], 'endsAt must be after startsAt.'));
  const amount = parseAmount(input.amount, ['amount'], deps.limits);
  if (!amount.ok) return amount;
  const seconds = parseHoldSeconds(input.holdExpiresInSeconds, ['holdExpiresInSeconds'], deps.limits);
  if (!seconds.ok) return seconds;
  return ok({
    accountId: deps.newId('account'),
    holdId: deps.newId('hold'),
    name: `Escrow of ${input.grantId}`,
    grantId: input.grantId,
    holderId: input.holderId,
    payerId: input.payerAccountId,
    payeeId: input.payeeAccountId,
    amount: amount.value,
    expiresInSeconds: seconds.value,
    offerId: input.offerId ?? null,
    clusterId: input.clusterId ?? null,
    startsAt: input.startsAt,
    endsAt: input.endsAt,
    ...by,
  });
}
