import { notFound } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Group, GroupRole } from '../domain/group.js';
import type { Call } from './call.js';
import { changeMembership } from './changeMembership.js';
import { requireOperatorIn } from './inGroup.js';
import type { Ports } from './ports.js';

/** Input of `addGroupMember`. */
interface AddGroupMemberInput {
  readonly groupId: string;
  readonly userId: string;
  /** Absent: MEMBER. */
  readonly role?: GroupRole | null | undefined;
}

/**
 * For operators: makes an ACTIVE person a member. Who is one already with the same role stays one.
 * Refusals: ALREADY_MEMBER (with the other role), GROUP_ARCHIVED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const addGroupMember =
  (ports: Ports) =>
  (input: AddGroupMemberInput, call: Call): Promise<Result<Group, Refusal>> =>
    changeMembership(ports, call, {
      action: 'addGroupMember',
      groupId: input.groupId,
      userId: input.userId,
      require: requireOperatorIn,
      judge(present, user) {
        if (user.status !== 'ACTIVE') throw notFound('active user');
        const role = input.role ?? 'MEMBER';
        if (present === null || present === role) return ok(role);
        return err(refused('ALREADY_MEMBER', `The person is ${present} already; setGroupRole changes the role.`));
      },
    });
