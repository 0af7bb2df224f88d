import { algorithmOf, type SignatureAlgorithm } from '../../../platform/kernel/signatureAlgorithms.js';
import type { SigningKey } from '../domain/signingKey.js';
import type * as prisma from '../generated/prisma/client.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Loaders } from '../usecases/ports/loaders.js';
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

    // The algorithm stands in the public half.
    async insert({ publicJwk, privateJwk, algorithm: _, tokenLifetimeMs, ...rest }) {
      const data = {
        ...rest,
        tokenLifetimeSeconds: tokenLifetimeMs / 1000,
        publicJwk: publicJwk as Prisma.InputJsonObject,
        privateJwk: privateJwk === null ? null : toBytes(privateJwk),
      };
      await signingKey.create({ data, select: { kid: true } });
    },

    async raiseTokenLifetime(lifetimeMs) {
      const tokenLifetimeSeconds = lifetimeMs / 1000;
      const where = { state: 'PUBLISHED', tokenLifetimeSeconds: { lt: tokenLifetimeSeconds } } as const;
      await signingKey.updateMany({ where, data: { tokenLifetimeSeconds } });
    },

    async stop(kid, mandatesUntil, now) {
      const over =
        mandatesUntil === null ? ({ state: 'RETIRED', retiredAt: now } as const) : { state: 'MANDATES' as const };
      const data = { ...over, mandatesUntil, privateJwk: null };
      await signingKey.update({ where: { kid }, data, select: { kid: true } });
    },
  };
}

/** A page of all keys, also those that are over, the newest first. Private halves stay in the database. */
export async function pageOfSigningKeys(
  { signingKey }: Connection,
  after: Parameters<Loaders['signingKeys']>[0]['after'],
  rows: number,
): Promise<readonly SigningKey[]> {
  const { createdAt, kid } = after ?? {};
  const where =
    createdAt === undefined || kid === undefined
      ? {}
      : { OR: [{ createdAt: { lt: createdAt } }, { createdAt, kid: { lt: kid } }] };
  const found = await signingKey.findMany({
    where,
    orderBy: [{ createdAt: 'desc' }, { kid: 'desc' }],
    take: rows,
    omit: { privateJwk: true },
  });
  return found.map(toSigningKey);
}

const toStoredKey = (row: prisma.SigningKey): StoredSigningKey => ({
  ...toSigningKey(row),
  // What was written is what comes back: see insert.
  publicJwk: row.publicJwk as Readonly<Record<string, unknown>>,
  privateJwk: row.privateJwk,
});

const toSigningKey = (row: Omit<prisma.SigningKey, 'privateJwk'>): SigningKey => ({
  kid: row.kid,
  algorithm: knownAlgorithm(row),
  tokenLifetimeMs: row.tokenLifetimeSeconds * 1000,
  state: row.state,
  createdAt: row.createdAt,
  signsFrom: row.signsFrom,
  mandatesUntil: row.mandatesUntil,
  retiredAt: row.retiredAt,
});

function knownAlgorithm({ kid, publicJwk }: Pick<prisma.SigningKey, 'kid' | 'publicJwk'>): SignatureAlgorithm {
  const algorithm = algorithmOf(publicJwk as Readonly<Record<string, unknown>>);
  if (algorithm === null) throw new Error(`signing key ${kid} has an algorithm that this version does not know`);
  return algorithm;
}
