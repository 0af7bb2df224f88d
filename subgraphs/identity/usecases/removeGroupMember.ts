import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import type { Call } from './call.js';
import { changeMembership } from './changeMembership.js';
import { requireManager } from './inGroup.js';
import type { Ports } from './ports.js';

/** Input of `removeGroupMember`. */
interface RemoveGroupMemberInput {
  readonly groupId: string;
  readonly userId: string;
}

/**
 * For the group's ADMINs and operators: ends a membership; of who is no member, nothing changes. Every service closes
 * the group to the person within a second, by the feed.
 * Refusals: LAST_ADMIN, MEMBERSHIP_OF_DIRECTORY. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const removeGroupMember =
  (ports: Ports) =>
  (input: RemoveGroupMemberInput, call: Call): Promise<Result<Group, Refusal>> =>
    changeMembership(ports, call, {
      action: 'removeGroupMember',
      groupId: input.groupId,
      userId: input.userId,
      require: requireManager,
      judge: () => ok(null),
    });
