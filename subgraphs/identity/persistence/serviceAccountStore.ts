import type { ServiceAccountStore } from '../usecases/ports.js';
import type { Connection } from './database.js';
import { toBytes, toServiceAccount } from './rows.js';

/** Programs that call Tollgate. */
export function serviceAccountStore({ serviceAccount }: Connection): ServiceAccountStore {
  return {
    async credentialsOf(id) {
      const row = await serviceAccount.findUnique({ where: { id } });
      if (row === null) return null;
      return { serviceAccount: toServiceAccount(row), secretHash: row.secretHash, disabledAt: row.disabledAt };
    },

    async insert({ scopes, clusterIds, ...rest }, secretHash) {
      await serviceAccount.create({
        data: { ...rest, scopes: [...scopes], clusterIds: [...clusterIds], secretHash: toBytes(secretHash) },
        select: { id: true },
      });
    },

    async replaceSecret(id, secretHash) {
      await serviceAccount.update({ where: { id }, data: { secretHash: toBytes(secretHash) }, select: { id: true } });
    },
  };
}
