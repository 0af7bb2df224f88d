import type { Prisma } from '../generated/prisma/client.js';
import type { SigningKeyStore } from '../usecases/ports.js';
import type { Connection } from './database.js';
import { toBytes } from './rows.js';

/** Keys that sign access tokens. */
export function signingKeyStore({ signingKey }: Connection): SigningKeyStore {
  return {
    async published() {
      const rows = await signingKey.findMany({
        where: { state: 'PUBLISHED' },
        orderBy: [{ createdAt: 'desc' }, { kid: 'asc' }],
      });
      return rows.map(({ kid, publicJwk, privateJwk, createdAt }) => ({
        kid,
        // What was written is what comes back: see insert.
        publicJwk: publicJwk as Readonly<Record<string, unknown>>,
        privateJwk,
        createdAt,
      }));
    },

    async insert({ kid, publicJwk, privateJwk, createdAt }) {
      const data = {
        kid,
        publicJwk: publicJwk as Prisma.InputJsonObject,
        privateJwk: toBytes(privateJwk),
        state: 'PUBLISHED' as const,
        createdAt,
      };
      await signingKey.create({ data, select: { kid: true } });
    },
  };
}
