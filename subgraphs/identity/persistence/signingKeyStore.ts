import type * as prisma from '../generated/prisma/client.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { SigningKeyStore, StoredSigningKey } from '../usecases/ports/signingKeys.js';
import type { Connection } from './database.js';
import { toBytes } from './rows.js';

// "keys" in ASCII: what changes of the keys wait for each other on.
const KEYS_LOCK = 0x6b_65_79_73;

/** Keys that sign access tokens and mandates. */
export function signingKeyStore(connection: Connection): SigningKeyStore {
  const { signingKey } = connection;
  return {
    lock: async () => void (await connection.$executeRawUnsafe('SELECT pg_advisory_xact_lock($1)', KEYS_LOCK)),

    async verifying() {
      const rows = await signingKey.findMany({
        where: { state: { not: 'RETIRED' } },
        orderBy: [{ signsFrom: 'desc' }, { kid: 'asc' }],
      });
      return rows.map(toStoredKey);
    },

    async find(kid) {
      const row = await signingKey.findUnique({ where: { kid } });
      return row === null ? null : toStoredKey(row);
    },

    async insert({ publicJwk, privateJwk, ...rest }) {
      const data = {
        ...rest,
        publicJwk: publicJwk as Prisma.InputJsonObject,
        privateJwk: privateJwk === null ? null : toBytes(privateJwk),
      };
      await signingKey.create({ data, select: { kid: true } });
    },

    async stop(kid, state, mandatesUntil) {
      const data = { state, mandatesUntil, privateJwk: null };
      await signingKey.update({ where: { kid }, data, select: { kid: true } });
    },
  };
}

const toStoredKey = (row: prisma.SigningKey): StoredSigningKey => ({
  kid: row.kid,
  state: row.state,
  createdAt: row.createdAt,
  signsFrom: row.signsFrom,
  mandatesUntil: row.mandatesUntil,
  // What was written is what comes back: see insert.
  publicJwk: row.publicJwk as Readonly<Record<string, unknown>>,
  privateJwk: row.privateJwk,
});
