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
  // A name is given under its own lock, so that of two who take it one is told so instead of failing.
  const lockName = async (name: string): Promise<void> => {
    await connection.$executeRawUnsafe("SELECT pg_advisory_xact_lock(hashtextextended('group ' || $1, 0))", name);
  };
  return {
    find,

    async insert({ id, name, archivedAt, directoryName = null }, createdAt) {
      await lockName(name);
      const row = { id, name, archivedAt, directoryName, createdAt };
      const { count } = await group.createMany({ data: [row], skipDuplicates: true });
      return count === 1;
    },

    async findByDirectoryName(directoryName) {
      const row = await group.findUnique({ where: { directoryName } });
      return row === null ? null : toGroup(row);
    },

    async lock(id) {
      // A lock of its own: it is there before the group's first row, and reading the group waits for nobody.
      await connection.$executeRawUnsafe('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', id);
      return find(id);
    },

    async rename(id, name) {
      await lockName(name);
      const holder = await group.findUnique({ where: { name }, select: { id: true } });
      if (holder !== null) return holder.id === id;
      await group.update({ where: { id }, data: { name }, select: { id: true } });
      return true;
    },

    async setArchived(id, archivedAt) {
      await group.update({ where: { id }, data: { archivedAt }, select: { id: true } });
    },

    membershipOf: (groupId, userId) =>
      groupMember.findUnique({
        where: { groupId_userId: { groupId, userId } },
        select: { role: true, source: true },
      }),

    directoryMembershipsOf: (userId) =>
      groupMember.findMany({
        where: { userId, source: 'DIRECTORY' },
        select: { groupId: true, userId: true, role: true, source: true },
      }),

    async adminsOf(groupId) {
      const admins = await groupMember.findMany({ where: { groupId, role: 'ADMIN' }, select: { userId: true } });
      return admins.map(({ userId }) => userId);
    },

    async hasOtherAdmin(groupId, userId) {
      const other = { groupId, role: 'ADMIN', userId: { not: userId }, user: { status: 'ACTIVE' } } as const;
      return (await groupMember.findFirst({ where: other, select: { userId: true } })) !== null;
    },

    async setMember({ groupId, userId, role, source }, createdAt) {
      await groupMember.upsert({
        where: { groupId_userId: { groupId, userId } },
        create: { groupId, userId, role, source, createdAt },
        update: { role, source },
        select: { userId: true },
      });
    },

    async removeMember(groupId, userId) {
      await groupMember.deleteMany({ where: { groupId, userId } });
    },
  };
}
