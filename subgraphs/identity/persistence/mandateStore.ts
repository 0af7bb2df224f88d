import type { Mandate } from '../domain/mandate.js';
import type * as prisma from '../generated/prisma/client.js';
import type { MandateStore } from '../usecases/ports/mandates.js';
import type { Connection } from './database.js';

/** Mandates that were given. */
export function mandateStore({ mandate }: Connection): MandateStore {
  return {
    async insert({ maximum, ...rest }, createdAt) {
      const data = { ...rest, maximum: maximum.micros, unit: maximum.unit, createdAt };
      await mandate.create({ data, select: { id: true } });
    },

    async find(id) {
      const row = await mandate.findUnique({ where: { id } });
      return row === null ? null : toMandate(row);
    },

    async lastExpiry(now) {
      const found = await mandate.aggregate({
        where: { revokedAt: null, expiresAt: { gt: now } },
        _max: { expiresAt: true },
      });
      return found._max.expiresAt;
    },

    async revoke(id, revokedAt) {
      const { count } = await mandate.updateMany({ where: { id, revokedAt: null }, data: { revokedAt } });
      return count === 1;
    },

    async revokeAllOf(issuerId, revokedAt) {
      const revoked = await mandate.updateManyAndReturn({
        where: { issuerId, revokedAt: null, expiresAt: { gt: revokedAt } },
        data: { revokedAt },
        select: { id: true },
      });
      return revoked.map(({ id }) => id);
    },
  };
}

const toMandate = (row: prisma.Mandate): Mandate => ({
  id: row.id,
  issuerId: row.issuerId,
  accountId: row.accountId,
  payeeId: row.payeeId,
  resource: row.resource,
  maximum: { micros: row.maximum, unit: row.unit },
  expiresAt: row.expiresAt,
  once: row.once,
  revokedAt: row.revokedAt,
});
