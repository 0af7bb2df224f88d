import type { GroupInvitation } from '../../domain/invitation.js';

/** Invitations that wait for an answer. */
export interface InvitationStore {
  find(groupId: string, userId: string): Promise<GroupInvitation | null>;
  /** Gives an invitation, or renews the one that the person has of the group. */
  put(invitation: GroupInvitation): Promise<void>;
  /** False where there is none. */
  remove(groupId: string, userId: string): Promise<boolean>;
  /** How many of a group's count still; tidies those whose time is over. */
  countOf(groupId: string, now: Date): Promise<number>;
}
