import type { Prisma } from '../generated/prisma/client.js';
import type { Credentials, LockedCredentials, UserStore } from '../usecases/ports.js';
import type { Connection } from './database.js';
import { toBytes, toUser, userColumns } from './rows.js';

// "peop" in ASCII.
const PEOPLE_LOCK = 0x70_65_6f_70;

const closedByDirectory = { disabledBy: 'DIRECTORY' } as const;

/** People. */
export function userStore(connection: Connection): UserStore {
  const user = connection.user;
  const findCredentials = async (where: Prisma.UserWhereUniqueInput): Promise<Credentials | null> => {
    const select = { ...userColumns, passwordHash: true, totpSecret: true };
    const row = await user.findUnique({ where, select });
    if (row === null) return null;
    return { user: toUser(row), passwordHash: row.passwordHash, totpSecret: row.totpSecret };
  };
  return {
    credentialsOfId: (id) => findCredentials({ id }),

    async lockCredentials(id) {
      // Not the key: rows that refer to the person, such as a session that a device gets, need not wait.
      const [row] = await connection.$queryRawUnsafe<LockedCredentials[]>(
        'SELECT password_hash AS "passwordHash", totp_secret AS "totpSecret" FROM "user" WHERE id = $1 FOR NO KEY UPDATE',
        id,
      );
      return row ?? null;
    },

    async credentialsOfDirectory(directoryId) {
      const select = { ...userColumns, passwordHash: true, totpSecret: true };
      const row = await user.findUnique({ where: { directoryId }, select });
      if (row === null) return null;
      return { user: toUser(row), passwordHash: row.passwordHash, totpSecret: row.totpSecret };
    },

    ofDirectoryAfter: (after, take) =>
      user.findMany({
        where: { id: { gt: after }, directoryId: { not: null }, status: { not: 'DISABLED' } },
        orderBy: { id: 'asc' },
        take,
        select: userColumns,
      }),

    findByDirectoryId: (directoryId) => user.findUnique({ where: { directoryId }, select: userColumns }),

    async setProfile(id, profile) {
      await user.update({ where: { id }, data: profile, select: { id: true } });
    },

    async setPending(id) {
      await user.updateMany({ where: { id, status: 'ACTIVE', totpSecret: null }, data: { status: 'PENDING' } });
    },

    find: (id) => user.findUnique({ where: { id }, select: userColumns }),

    findByUsername: (username) => user.findUnique({ where: { username }, select: userColumns }),

    async eraseUnfinished(username, now) {
      await user.updateMany({
        where: { username, status: 'PENDING', directoryId: null, enrolments: { none: { expiresAt: { gt: now } } } },
        data: { username: null, email: null, displayName: null, passwordHash: null, status: 'DISABLED' },
      });
    },

    async insert({ totpSecret, ...rest }) {
      const row = { ...rest, totpSecret: totpSecret === null ? null : toBytes(totpSecret) };
      // ON CONFLICT DO NOTHING waits for a rival that has not committed yet, and leaves our transaction usable.
      const { count } = await user.createMany({ data: [row], skipDuplicates: true });
      return count === 1;
    },

    async activate(id, totpSecret, step) {
      return user.update({
        where: { id, status: 'PENDING' },
        data: { status: 'ACTIVE', totpSecret: toBytes(totpSecret), totpLastStep: step },
        select: userColumns,
      });
    },

    async replaceFactor(id, totpSecret, step) {
      // The codes of another secret have steps of their own.
      const data = { totpSecret: toBytes(totpSecret), totpLastStep: step };
      return user.update({ where: { id, status: 'ACTIVE' }, data, select: userColumns });
    },

    async replacePassword(id, passwordHash) {
      await user.update({ where: { id }, data: { passwordHash }, select: { id: true } });
    },

    async acceptTotpStep(id, step) {
      // Compare and set in one statement: of parallel attempts with one code the row's lock lets one see the old step.
      const updated = await connection.$executeRawUnsafe(
        `UPDATE "user" SET totp_last_step = $2
         WHERE id = $1 AND status = 'ACTIVE' AND (totp_last_step IS NULL OR totp_last_step < $2)`,
        id,
        step,
      );
      return updated === 1;
    },

    async lock(id) {
      // One lock for all: operators who act on each other must come one after the other.
      await connection.$executeRawUnsafe('SELECT pg_advisory_xact_lock($1)', PEOPLE_LOCK);
      return user.findUnique({ where: { id }, select: userColumns });
    },

    async hasOtherOperator(id) {
      const other = { operator: true, status: 'ACTIVE', id: { not: id } } as const;
      return (await user.findFirst({ where: other, select: { id: true } })) !== null;
    },

    async disable(id, disabledBy) {
      const { count } = await user.updateMany({
        // What the directory closed opens again with the entry; an operator's word is for operators to take back.
        where: { id, OR: [{ status: { not: 'DISABLED' } }, ...(disabledBy === 'OPERATOR' ? [closedByDirectory] : [])] },
        data: { status: 'DISABLED', disabledBy, operator: false },
      });
      return count === 1;
    },

    setOperator: (id, operator) => user.update({ where: { id }, data: { operator }, select: userColumns }),

    async enable(id) {
      // A local person without a factor has never finished the enrolment.
      const { count } = await user.updateMany({
        where: { id, totpSecret: null, directoryId: null },
        data: { status: 'PENDING', disabledBy: null },
      });
      if (count === 1) return user.findUniqueOrThrow({ where: { id }, select: userColumns });
      return user.update({ where: { id }, data: { status: 'ACTIVE', disabledBy: null }, select: userColumns });
    },

    async resetOperator(id, passwordHash, totpSecret) {
      const credentials = { passwordHash, totpSecret: toBytes(totpSecret), totpLastStep: null };
      const data = { ...credentials, operator: true, status: 'ACTIVE', disabledBy: null } as const;
      await user.update({ where: { id }, data, select: { id: true } });
    },
  };
}
