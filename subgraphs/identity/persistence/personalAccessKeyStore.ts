import type { PersonalAccessKey } from '../domain/personalAccessKey.js';
import type { PersonalAccessKeyStore } from '../usecases/ports/personalAccessKeys.js';
import type { Connection } from './database.js';
import { toBytes } from './rows.js';

const columns = {
  id: true,
  userId: true,
  name: true,
  scopes: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  revokedAt: true,
} as const;

/** People's keys for their programs. What they are recognised by is read nowhere. */
export function personalAccessKeyStore({ personalAccessKey }: Connection): PersonalAccessKeyStore {
  return {
    async insert({ scopes, ...rest }, secretHash) {
      const data = { ...rest, scopes: [...scopes], secretHash: toBytes(secretHash) };
      await personalAccessKey.create({ data, select: { id: true } });
    },

    find: (id) => personalAccessKey.findUnique({ where: { id }, select: columns }),

    findBySecret: (secretHash): Promise<PersonalAccessKey | null> =>
      personalAccessKey.findUnique({ where: { secretHash: toBytes(secretHash) }, select: columns }),

    countLive: (userId, now) => personalAccessKey.count({ where: { userId, revokedAt: null, expiresAt: { gt: now } } }),

    async noteUse(id, lastUsedAt) {
      const { count } = await personalAccessKey.updateMany({ where: { id, revokedAt: null }, data: { lastUsedAt } });
      return count === 1;
    },

    async revokeAllOf(userId, now) {
      const revoked = await personalAccessKey.updateManyAndReturn({
        where: { userId, revokedAt: null, expiresAt: { gt: now } },
        data: { revokedAt: now },
        select: { id: true },
      });
      return revoked.map(({ id }) => id);
    },

    async revoke(id, revokedAt) {
      const { count } = await personalAccessKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt } });
      return count === 1;
    },
  };
}
