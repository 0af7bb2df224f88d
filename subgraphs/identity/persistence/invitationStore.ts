import type { InvitationStore } from '../usecases/ports/invitationStore.js';
import type { Connection } from './database.js';

/** Invitations that wait for an answer; answered ones are told by the audit alone. */
export function invitationStore({ groupInvitation }: Connection): InvitationStore {
  return {
    find: (groupId, userId) => groupInvitation.findUnique({ where: { groupId_userId: { groupId, userId } } }),

    async put({ groupId, userId, ...rest }) {
      await groupInvitation.upsert({
        where: { groupId_userId: { groupId, userId } },
        create: { groupId, userId, ...rest },
        update: rest,
        select: { userId: true },
      });
    },

    async remove(groupId, userId) {
      const { count } = await groupInvitation.deleteMany({ where: { groupId, userId } });
      return count === 1;
    },

    async countOf(groupId, now) {
      await groupInvitation.deleteMany({ where: { groupId, expiresAt: { lte: now } } });
      return groupInvitation.count({ where: { groupId } });
    },
  };
}
