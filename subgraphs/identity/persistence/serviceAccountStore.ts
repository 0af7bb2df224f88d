import type { ServiceAccountStore } from '../usecases/ports/serviceAccountStore.js';
import type { Connection } from './database.js';
import { toBytes, toServiceAccount } from './rows.js';

/** Programs that call Tollgate. */
export function serviceAccountStore(connection: Connection): ServiceAccountStore {
  const { serviceAccount, serviceAccountSecret } = connection;
  const self: ServiceAccountStore = {
    async find(id) {
      const row = await serviceAccount.findUnique({ where: { id } });
      return row === null ? null : toServiceAccount(row);
    },

    async lock(id) {
      await connection.$executeRawUnsafe('SELECT 1 FROM service_account WHERE id = $1 FOR UPDATE', id);
      return self.find(id);
    },

    liveSecrets: (serviceAccountId, now) =>
      serviceAccountSecret.findMany({
        where: { serviceAccountId, OR: [{ endsAt: null }, { endsAt: { gt: now } }] },
        orderBy: { number: 'desc' },
      }),

    async insert({ scopes, clusterIds, ...rest }, secretHash) {
      const row = { ...rest, scopes: [...scopes], clusterIds: [...clusterIds] };
      // ON CONFLICT DO NOTHING leaves our transaction usable where the name is another's.
      const { count } = await serviceAccount.createMany({ data: [row], skipDuplicates: true });
      if (count === 1) await self.addSecret(rest.id, secretHash, rest.createdAt);
      return count === 1;
    },

    async addSecret(id, secretHash, now) {
      await connection.$executeRawUnsafe(
        `INSERT INTO service_account_secret (service_account_id, number, secret_hash, created_at)
         SELECT $1, coalesce(max(number), 0) + 1, $2, $3 FROM service_account_secret WHERE service_account_id = $1`,
        id,
        toBytes(secretHash),
        now,
      );
    },

    async endSecret(serviceAccountId, number, endsAt) {
      const where = { serviceAccountId_number: { serviceAccountId, number } };
      await serviceAccountSecret.update({ where, data: { endsAt }, select: { number: true } });
    },

    async noteUse(id, number, now) {
      await connection.$executeRawUnsafe(
        `WITH used AS (UPDATE service_account_secret SET last_used_at = $3 WHERE service_account_id = $1 AND number = $2)
         UPDATE service_account SET last_used_at = $3 WHERE id = $1`,
        id,
        number,
        now,
      );
    },

    async disable(id, disabledAt) {
      const { count } = await serviceAccount.updateMany({ where: { id, disabledAt: null }, data: { disabledAt } });
      return count === 1;
    },
  };
  return self;
}
