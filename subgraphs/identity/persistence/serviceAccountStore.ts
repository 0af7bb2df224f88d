import type { ServiceAccountStore } from '../usecases/ports/serviceAccountStore.js';
import type { Connection } from './database.js';
import { toBytes, toServiceAccount } from './rows.js';

/** Programs that call Tollgate. */
export function serviceAccountStore({ serviceAccount }: Connection): ServiceAccountStore {
  return {
    async credentialsOf(id) {
      const row = await serviceAccount.findUnique({ where: { id } });
      if (row === null) return null;
      return { serviceAccount: toServiceAccount(row), secretHash: row.secretHash };
    },

    async insert({ scopes, clusterIds, ...rest }, secretHash) {
      const row = { ...rest, scopes: [...scopes], clusterIds: [...clusterIds], secretHash: toBytes(secretHash) };
      // ON CONFLICT DO NOTHING leaves our transaction usable where the name is another's.
      const { count } = await serviceAccount.createMany({ data: [row], skipDuplicates: true });
      return count === 1;
    },

    async replaceSecret(id, secretHash) {
      await serviceAccount.update({ where: { id }, data: { secretHash: toBytes(secretHash) }, select: { id: true } });
    },

    async disable(id, disabledAt) {
      const { count } = await serviceAccount.updateMany({ where: { id, disabledAt: null }, data: { disabledAt } });
      return count === 1;
    },
  };
}
