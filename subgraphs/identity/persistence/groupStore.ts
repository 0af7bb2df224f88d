import type { GroupStore } from '../usecases/ports.js';
import type { Connection } from './database.js';

/** Groups and their members. */
export function groupStore({ group, groupMember }: Connection): GroupStore {
  return {
    async insert({ id, name }, createdAt) {
      const { count } = await group.createMany({ data: [{ id, name, createdAt }], skipDuplicates: true });
      return count === 1;
    },

    async addMember(groupId, userId, role, createdAt) {
      await groupMember.create({ data: { groupId, userId, role, createdAt }, select: { userId: true } });
    },
  };
}
