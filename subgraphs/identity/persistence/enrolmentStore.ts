import type { EnrolmentStore } from '../usecases/ports.js';
import type { Connection } from './database.js';
import { toBytes } from './rows.js';

/** Factors that wait for their first code. */
export function enrolmentStore({ enrolment }: Connection): EnrolmentStore {
  return {
    async insert(tokenHash, { userId, totpSecret, expiresAt, replaces }) {
      const data = { tokenHash: toBytes(tokenHash), userId, totpSecret: toBytes(totpSecret), expiresAt, replaces };
      await enrolment.create({ data, select: { userId: true } });
    },

    find: (tokenHash) =>
      enrolment.findUnique({
        where: { tokenHash: toBytes(tokenHash) },
        select: { userId: true, totpSecret: true, expiresAt: true, confirmedAt: true, replaces: true },
      }),

    async confirm(tokenHash, now) {
      // A name that was taken over since is no PENDING person any more; one who was disabled gets no other factor.
      const { count } = await enrolment.updateMany({
        where: {
          tokenHash: toBytes(tokenHash),
          confirmedAt: null,
          OR: [
            { replaces: false, user: { status: 'PENDING' } },
            { replaces: true, user: { status: 'ACTIVE' } },
          ],
        },
        data: { confirmedAt: now },
      });
      return count === 1;
    },

    async abandonReplacements(userId, now) {
      await enrolment.updateMany({ where: { userId, replaces: true, confirmedAt: null }, data: { confirmedAt: now } });
    },
  };
}
