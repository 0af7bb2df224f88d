import { faultpoint } from '../../../platform/faultpoint.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseAmount } from '../domain/amount.js';
import { parseHoldSeconds } from '../domain/holdTerms.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { EscrowExtension } from './ports/escrows.js';
import type { Accounts, Ledger, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `extendEscrow`. */
interface ExtendEscrowInput extends KeyedInput {
  readonly extensionId: string;
  readonly grantId: string;
  readonly payerAccountId: string;
  readonly amount?: MoneyInput | null | undefined;
  readonly holdExpiresInSeconds?: number | null | undefined;
  readonly endsAt: Date;
}

interface Deps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * For access, with a person's exchanged token: lets a grant's escrow be spent for longer, and reserves what it shall get
 * besides on the account that paid for it, in one transaction.
 * Refusals: those of placeHold, ACCOUNT_CLOSED for a grant that has ended, EXTENSION_UNDER_WAY, ESCROW_ABANDONED for an
 * extension that was given up, INVALID_INPUT for an earlier end.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND for an account that is not the person's or did not pay.
 */
export const makeExtendEscrow =
  (deps: Deps) =>
  async (caller: Caller, input: ExtendEscrowInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, ['access']);
    const call = callOf(caller, 'extendEscrow', input);
    if (!call.ok) return call;
    const found = await deps.accounts.byIds([input.payerAccountId]);
    requireOwner(person, found.get(input.payerAccountId));
    await faultpoint('accounting.extendEscrow.beforeCommit');
    const extended = await deps.ledger.extendEscrow(
      call.value,
      judgeExtension(input, { service: call.value.actor, spenderId: person.userId }, deps),
    );
    await faultpoint('accounting.extendEscrow.afterCommit');
    return extended;
  };

function judgeExtension(
  input: ExtendEscrowInput,
  by: Pick<EscrowExtension, 'service' | 'spenderId'>,
  deps: Deps,
): Result<EscrowExtension, Refusal> {
  const { extensionId, grantId, payerAccountId: payerId, endsAt } = input;
  if (!isId('extension', extensionId)) {
    return err(invalidInput(['extensionId'], "extensionId is not an extension's id."));
  }
  if (!isId('grant', grantId)) return err(invalidInput(['grantId'], "grantId is not a grant's id."));
  const reserved = judgeReserved(input, deps.limits);
  if (!reserved.ok) return reserved;
  const holdId = deps.newId('hold');
  return ok({ extensionId, grantId, payerId, holdId, reserved: reserved.value, endsAt, ...by });
}

function judgeReserved(
  { amount, holdExpiresInSeconds }: ExtendEscrowInput,
  limits: LedgerLimits,
): Result<EscrowExtension['reserved'], Refusal> {
  if (amount == null) return ok(null);
  const money = parseAmount(amount, ['amount'], limits);
  if (!money.ok) return money;
  const seconds = parseHoldSeconds(holdExpiresInSeconds ?? null, ['holdExpiresInSeconds'], limits);
  return seconds.ok ? ok({ amount: money.value, expiresInSeconds: seconds.value }) : seconds;
}
