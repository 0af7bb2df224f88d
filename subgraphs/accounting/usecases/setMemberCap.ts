import { isOperator } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { decidesFor } from '../../../platform/kernel/principal.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseAmount } from '../domain/amount.js';
import type { LedgerLimits } from '../domain/limits.js';
import { actOf, type Caller } from './call.js';
import type { Budgets, CapChange } from './ports/budgets.js';
import type { Accounts, OutcomeIds } from './ports.js';
import { requireSpender, seesAccount } from './rights.js';

/** Input of `setMemberCap`. */
interface SetMemberCapInput {
  readonly grantId: string;
  readonly memberId?: string | null;
  readonly limit?: MoneyInput | null;
}

interface Deps {
  readonly accounts: Accounts;
  readonly budgets: Budgets;
  readonly limits: LedgerLimits;
}

/**
 * Sets or (without a limit) removes how much of a group's grant one member may use, or every member for whom no other cap
 * is set: for the group's ADMINs in person, and operators. It only sets a state, so it takes no key. What was used already
 * counts; a cap below it refuses what is new alone. A drive is paid in advance and members spend nothing of it: it takes no cap,
 * but one that was set before is removed.
 * Refusals: INVALID_INPUT (memberId; grantId of a person's grant) DRIVE_TAKES_NO_CAP AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE
 * UNIT_MISMATCH ACCOUNT_CLOSED (the grant ended) LIMIT_EXCEEDED (caps). Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeSetMemberCap =
  ({ accounts, budgets, limits }: Deps) =>
  async (caller: Caller, input: SetMemberCapInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    const escrow = await budgets.escrowOf(input.grantId);
    const account = escrow === null ? undefined : (await accounts.byIds([escrow.accountId])).get(escrow.accountId);
    if (escrow === null || account === undefined || account.ownerId === null || !seesAccount(person, account))
      throw notFound('grant');
    if (!isOperator(person) && !decidesFor(person, account.ownerId)) {
      throw forbidden("Only the group's ADMINs say what its members may use.");
    }
    return budgets.setCap(actOf(caller, 'setMemberCap'), account.id, judgeCap(input, escrow.isOfDrive, limits));
  };

function judgeCap(
  { memberId, limit }: SetMemberCapInput,
  isOfDrive: boolean,
  limits: LedgerLimits,
): Result<CapChange, Refusal> {
  if (memberId != null && !isId('user', memberId)) {
    return err(invalidInput(['memberId'], "memberId is not a person's id; leave it out to cap everybody."));
  }
  if (limit == null) return ok({ memberId: memberId ?? null, limit: null });
  if (isOfDrive) return err(noCap);
  const amount = parseAmount(limit, ['limit'], limits);
  return amount.ok ? ok({ memberId: memberId ?? null, limit: amount.value }) : amount;
}

const noCap = refused(
  'DRIVE_TAKES_NO_CAP',
  'A drive is paid in advance and its quota is shared: members spend nothing of it. Ask for a drive for the member instead.',
);
