import { isOperator, type Person } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { type AccountKind, isUnitName } from '../domain/account.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Ledger, NewAccount, OutcomeIds } from './ports.js';
import { requireGroupAdmin, requireSpender } from './rights.js';

/** Input of `openAccount`. */
interface OpenAccountInput extends KeyedInput {
  readonly owner: { readonly userId?: string | null; readonly groupId?: string | null };
  /** Absent: PERSONAL or GROUP, by the owner. */
  readonly kind?: AccountKind | null | undefined;
  readonly name: string;
  readonly unit: string;
}

/**
 * Opens an account for oneself, or for a group that one is ADMIN of; for operators also the REVENUE account of a group that
 * is to be a provider, of which its ADMINs publish offers then.
 * Refusals: INVALID_INPUT UNIT_UNKNOWN IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN without accounting:spend, for another person's account, for mere members, and for a REVENUE
 * account to all but operators; NOT_FOUND for another's group.
 */
export const makeOpenAccount =
  (deps: { ledger: Ledger; newId: NewId }) =>
  async (caller: Caller, input: OpenAccountInput): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    if (input.owner.userId != null && input.owner.userId !== person.userId) {
      throw forbidden('An account is opened for oneself.');
    }
    if (input.kind === 'REVENUE') requireMakerOfProviders(person, input.owner.groupId ?? null);
    else if (input.owner.groupId != null) requireGroupAdmin(person, input.owner.groupId);
    const call = callOf(caller, 'openAccount', input);
    if (!call.ok) return call;
    return deps.ledger.openAccount(call.value, judgeAccount(input, person, deps.newId));
  };

/** @throws Fault FORBIDDEN for all but operators, NOT_FOUND for what is no group's id */
function requireMakerOfProviders(person: Person, groupId: string | null): void {
  if (!isOperator(person)) throw forbidden('Only operators make a group a provider.');
  if (groupId !== null && !isId('group', groupId)) throw notFound('group');
}

function judgeAccount(input: OpenAccountInput, person: Person, newId: NewId): Result<NewAccount, Refusal> {
  const { userId, groupId } = input.owner;
  if ((userId == null) === (groupId == null)) {
    return err(invalidInput(['owner'], 'owner must have exactly one of userId and groupId.'));
  }
  const kind = groupId == null ? 'PERSONAL' : input.kind === 'REVENUE' ? 'REVENUE' : 'GROUP';
  if (input.kind != null && input.kind !== kind) {
    return err(invalidInput(['kind'], 'A person has a PERSONAL account, a group a GROUP or a REVENUE account.'));
  }
  const name = parseLine(input.name, ['name']);
  if (!name.ok) return name;
  if (!isUnitName(input.unit)) return err(invalidInput(['unit'], 'There is no unit of this name.', 'UNIT_UNKNOWN'));
  return ok({
    accountId: newId('account'),
    name: name.value,
    kind,
    unit: input.unit,
    ownerId: groupId ?? person.userId,
  });
}
