import type { GroupRole } from './group.js';
import { identityLimits } from './limits.js';

/** A group's offer of a membership to one person. A person has one of each group at most. */
export interface GroupInvitation {
  readonly groupId: string;
  readonly userId: string;
  readonly role: GroupRole;
  /** Who gave it; it counts while they may still invite. */
  readonly inviterId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** When an invitation that is given now ends by itself. */
export const invitationExpiryFrom = (now: Date): Date => new Date(now.getTime() + identityLimits.invitationLifetimeMs);
