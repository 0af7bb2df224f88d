import { notFound } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Group, GroupRole } from '../domain/group.js';
import type { Call } from './call.js';
import { changeMembership } from './changeMembership.js';
import { requireManager } from './inGroup.js';
import type { Ports } from './ports.js';

/** Input of `setGroupRole`. */
interface SetGroupRoleInput {
  readonly groupId: string;
  readonly userId: string;
  readonly role: GroupRole;
}

/**
 * For the group's ADMINs and operators: gives a member another role.
 * Refusals: LAST_ADMIN, MEMBERSHIP_OF_DIRECTORY, GROUP_ARCHIVED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (also for who is no member).
 */
export const setGroupRole =
  (ports: Ports) =>
  (input: SetGroupRoleInput, call: Call): Promise<Result<Group, Refusal>> =>
    changeMembership(ports, call, {
      action: 'setGroupRole',
      groupId: input.groupId,
      userId: input.userId,
      require: requireManager,
      judge(present) {
        if (present === null) throw notFound('member');
        return ok(input.role);
      },
    });
