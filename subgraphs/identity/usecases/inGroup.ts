import { isOperator, type Person, requireScope } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, type Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { Ports, Stores } from './ports.js';

/** What work on one group is done with; the group is locked. */
export interface InGroup {
  readonly stores: Stores;
  readonly person: Person;
  readonly group: Group;
  readonly now: Date;
}

/**
 * Does something to one group in person: everything that changes a group or who belongs to it waits here for its turn.
 * Faults: UNAUTHENTICATED, FORBIDDEN (programs, services acting for a person, tokens without identity:groups), NOT_FOUND.
 */
export async function inGroup<Value>(
  ports: Ports,
  call: Call,
  { action, groupId }: { readonly action: string; readonly groupId: string },
  work: (parts: InGroup) => Promise<Result<Value, Refusal>>,
): Promise<Result<Value, Refusal>> {
  const person = requireInPerson(call.viewer);
  requireScope(person, 'identity:groups');
  const now = ports.clock.now();
  await faultpoint(`identity.${action}.beforeCommit`);
  const result = await ports.database.transaction(async (stores) => {
    const group = isId('group', groupId) ? await stores.groups.lock(groupId) : null;
    if (group === null) throw notFound('group');
    return work({ stores, person, group, now });
  });
  await faultpoint(`identity.${action}.afterCommit`);
  if (result.ok) await ports.feedNews();
  return result;
}

/**
 * Sees to it that the caller manages the group: its ADMINs do, and operators. The caller's own role is read under the
 * lock as well, so that who was put out a moment ago changes nothing any more.
 * @throws Fault NOT_FOUND for strangers, FORBIDDEN for mere members
 */
export async function requireManager({ stores, person, group }: InGroup): Promise<void> {
  if (isOperator(person)) return;
  const membership = await stores.groups.membershipOf(group.id, person.userId);
  if (membership === null) throw notFound('group');
  if (membership.role !== 'ADMIN') throw forbidden("Only the group's ADMINs and operators may do this.");
}

/** Sees to it that the caller is an operator. @throws Fault NOT_FOUND for strangers, FORBIDDEN for members */
export async function requireOperatorIn({ stores, person, group }: InGroup): Promise<void> {
  if (isOperator(person)) return;
  if ((await stores.groups.membershipOf(group.id, person.userId)) === null) throw notFound('group');
  throw forbidden('Only an operator may do this.');
}

/** The refusal of what is new in an archived group. */
export const groupArchived: Result<never, Refusal> = err(
  refused('GROUP_ARCHIVED', 'The group is archived. Ask an operator to restore it.'),
);
