import { requirePerson } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import type { Call } from './call.js';
import { changeMembership } from './changeMembership.js';
import type { Ports } from './ports.js';

/** Input of `leaveGroup`. */
interface LeaveGroupInput {
  readonly groupId: string;
}

/**
 * Ends the caller's own membership, which closes the group to them everywhere within a second.
 * Refusals: LAST_ADMIN, MEMBERSHIP_OF_DIRECTORY. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (for who is no member).
 */
export const leaveGroup =
  (ports: Ports) =>
  async (input: LeaveGroupInput, call: Call): Promise<Result<Group, Refusal>> =>
    changeMembership(ports, call, {
      action: 'leaveGroup',
      groupId: input.groupId,
      userId: requirePerson(call.viewer).userId,
      require: async () => {},
      judge(present) {
        if (present === null) throw notFound('group');
        return ok(null);
      },
    });
