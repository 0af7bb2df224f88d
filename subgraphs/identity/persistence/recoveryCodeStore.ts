import type { RecoveryCodeStore } from '../usecases/ports.js';
import type { Connection } from './database.js';
import { toBytes } from './rows.js';

/** Codes that replace a one-time code once. */
export function recoveryCodeStore(connection: Connection): RecoveryCodeStore {
  return {
    async insert(userId, hashes) {
      await connection.recoveryCode.createMany({
        data: hashes.map((codeHash) => ({ userId, codeHash: toBytes(codeHash) })),
      });
    },

    async retireAllOf(userId, now) {
      await connection.recoveryCode.updateMany({ where: { userId, usedAt: null }, data: { usedAt: now } });
    },

    async use(userId, codeHash, now) {
      // One statement, so that of parallel uses one finds it unused.
      const updated = await connection.$executeRawUnsafe(
        `UPDATE recovery_code AS code SET used_at = $3
         FROM "user" WHERE "user".id = code.user_id AND "user".status = 'ACTIVE'
           AND code.code_hash = $2 AND code.user_id = $1 AND code.used_at IS NULL`,
        userId,
        toBytes(codeHash),
        now,
      );
      return updated === 1;
    },
  };
}
