import type { KnownKey, SealedStore, SealedValue } from '../usecases/ports/sealing.js';
import type { Connection } from './database.js';
import { toBytes } from './rows.js';

const BATCH = 100;
// "keks" in ASCII.
const KEYS_LOCK = 0x6b_65_6b_73;

/** Where sealed values stand: each with its key as text, the owner that its purpose names, and how one is replaced. */
const places: Readonly<Record<SealedValue['place'], { readonly read: string; readonly replace: string }>> = {
  FACTOR: {
    read: `SELECT 'FACTOR' AS place, id AS key, id AS owner, totp_secret AS sealed FROM "user"`,
    replace: `UPDATE "user" SET totp_secret = $3 WHERE id = $1 AND totp_secret = $2`,
  },
  ENROLMENT: {
    read: `SELECT 'ENROLMENT' AS place, encode(token_hash, 'hex') AS key, user_id AS owner, totp_secret AS sealed FROM enrolment`,
    replace: `UPDATE enrolment SET totp_secret = $3 WHERE token_hash = decode($1, 'hex') AND totp_secret = $2`,
  },
  SIGNING_KEY: {
    read: `SELECT 'SIGNING_KEY' AS place, kid AS key, kid AS owner, private_jwk AS sealed FROM signing_key`,
    replace: `UPDATE signing_key SET private_jwk = $3 WHERE kid = $1 AND private_jwk = $2`,
  },
};

/** Everything that is sealed with the key-encryption key. */
export function sealedStore(connection: Connection): SealedStore {
  return {
    lock: async () => void (await connection.$executeRawUnsafe('SELECT pg_advisory_xact_lock($1)', KEYS_LOCK)),

    async register({ id, createdAt }) {
      const data = [{ keyId: fromHex(id), createdAt }];
      await connection.keyEncryptionKey.createMany({ data, skipDuplicates: true });
    },

    async find(id): Promise<KnownKey | null> {
      const row = await connection.keyEncryptionKey.findUnique({ where: { keyId: fromHex(id) } });
      return row === null ? null : { id, createdAt: row.createdAt };
    },

    notUnder: (keyId) =>
      connection.$queryRawUnsafe<SealedValue[]>(
        `SELECT place, key, owner, sealed
         FROM (${Object.values(places)
           .map(({ read }) => read)
           .join(' UNION ALL ')}) AS value
         WHERE sealed IS NOT NULL AND substring(sealed FROM 1 FOR 9) <> '\\x02'::bytea || $1 LIMIT ${BATCH}`,
        fromHex(keyId),
      ),

    async replace({ place, key, sealed: before }, sealed) {
      await connection.$executeRawUnsafe(places[place].replace, key, toBytes(before), toBytes(sealed));
    },

    async retire(keyIds, now) {
      const [row] = await connection.$queryRawUnsafe<{ retired: boolean }[]>(
        'SELECT retire_key_encryption_keys($1::bytea[], $2::timestamptz) AS retired',
        keyIds.map(fromHex),
        now,
      );
      return row?.retired === true;
    },
  };
}

const fromHex = (id: string): Uint8Array<ArrayBuffer> => toBytes(Buffer.from(id, 'hex'));
