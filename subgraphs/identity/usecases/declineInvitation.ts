import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import type { Call } from './call.js';
import { inGroup } from './inGroup.js';
import { removeInvitation } from './invitation.js';
import type { Ports } from './ports.js';

/** Input of `declineInvitation`. */
interface DeclineInvitationInput {
  readonly groupId: string;
}

/** Turns an invitation of the caller's down. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (where there is none). */
export const declineInvitation =
  (ports: Ports) =>
  (input: DeclineInvitationInput, call: Call): Promise<Result<Group, Refusal>> =>
    inGroup(ports, call, { action: 'declineInvitation', groupId: input.groupId }, (parts) =>
      removeInvitation(parts, call, 'declineInvitation', parts.person.userId),
    );
