import type { GroupStore } from '../usecases/ports/groupStore.js';
import type { Connection } from './database.js';
import { toGroup } from './rows.js';

/** Groups and their members. */
export function groupStore(connection: Connection): GroupStore {
  const { group, groupMember } = connection;
  const find: GroupStore['find'] = async (id) => {
    const row = await group.findUnique({ where: { id } });
    return row === null ? null : toGroup(row);
  };
  return {
    find,

    async insert({ id, name }, createdAt) {
      const { count } = await group.createMany({ data: [{ id, name, createdAt }], skipDuplicates: true });
      return count === 1;
    },

    async lock(id) {
      // A lock of its own: the serving role may not change a group's row, so it cannot lock it either.
      await connection.$executeRawUnsafe('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', id);
      return find(id);
    },

    async roleOf(groupId, userId) {
      const row = await groupMember.findUnique({ where: { groupId_userId: { groupId, userId } } });
      return row?.role ?? null;
    },

    async hasOtherAdmin(groupId, userId) {
      const other = { groupId, role: 'ADMIN', userId: { not: userId }, user: { status: 'ACTIVE' } } as const;
      return (await groupMember.findFirst({ where: other, select: { userId: true } })) !== null;
    },

    async setRole(groupId, userId, role, createdAt) {
      if (role === null) {
        await groupMember.deleteMany({ where: { groupId, userId } });
        return;
      }
      await groupMember.upsert({
        where: { groupId_userId: { groupId, userId } },
        create: { groupId, userId, role, createdAt },
        update: { role },
        select: { userId: true },
      });
    },
  };
}
