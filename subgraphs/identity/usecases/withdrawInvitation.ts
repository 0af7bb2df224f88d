import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import type { Call } from './call.js';
import { inGroup, requireManager } from './inGroup.js';
import { removeInvitation } from './invitation.js';
import type { Ports } from './ports.js';

/** Input of `withdrawInvitation`. */
interface WithdrawInvitationInput {
  readonly groupId: string;
  readonly userId: string;
}

/**
 * For the group's ADMINs and operators: takes an invitation back. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (where
 * there is none).
 */
export const withdrawInvitation =
  (ports: Ports) =>
  (input: WithdrawInvitationInput, call: Call): Promise<Result<Group, Refusal>> =>
    inGroup(ports, call, { action: 'withdrawInvitation', groupId: input.groupId }, async (parts) => {
      await requireManager(parts);
      return removeInvitation(parts, call, 'withdrawInvitation', input.userId);
    });
