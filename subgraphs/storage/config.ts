import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { httpAddress } from '../../platform/kernel/httpAddress.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import type { Variables } from '../../platform/server/settings.js';
import { type S3Config, s3Remedies, s3Variables, toS3Config } from './s3Config.js';

/** What storage alone can be told; everything else is in ServiceSettings. */
export interface StorageConfig {
  /** The address that signed URLs begin with; null: the one it listens on. */
  readonly publicUrl: string | null;
  /** Where the objects are, unless they are in a bucket. */
  readonly objectsFolder: string;
  /** The bucket that the objects are in; null: they are in the folder. */
  readonly s3: S3Config | null;
  /** Where the keys of objects and URLs are; every replica needs the same. */
  readonly keysFolder: string;
  /** What all drives together may hold, in bytes; null: as much as the disk has. */
  readonly capacityBytes: bigint | null;
  /** How much is logged: pino's names, or silent. */
  readonly logLevel: string;
}

const folder = z.string().refine(isAbsolute).optional();
const schema = s3Variables.extend({
  STORAGE_PUBLIC_URL: httpAddress.optional(),
  STORAGE_OBJECTS_DIR: folder,
  STORAGE_KEYS_DIR: folder,
  STORAGE_CAPACITY_BYTES: z
    .string()
    .regex(/^\d{1,18}$/)
    .transform(BigInt)
    .optional(),
  TOLLGATE_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn'),
});

const REMEDIES: Readonly<Record<string, string>> = {
  STORAGE_PUBLIC_URL:
    'an https address without user and password, for example https://storage.example.org (http on loopback alone)',
  STORAGE_OBJECTS_DIR: 'an absolute path',
  STORAGE_KEYS_DIR: 'an absolute path',
  STORAGE_CAPACITY_BYTES: 'a whole number of bytes, for example 500000000000',
  TOLLGATE_LOG_LEVEL: 'silent, error, warn, info or debug',
  ...s3Remedies,
};

/**
 * Reads storage's variables of the environment: STORAGE_PUBLIC_URL, STORAGE_OBJECTS_DIR, STORAGE_KEYS_DIR,
 * STORAGE_CAPACITY_BYTES, those of a bucket (STORAGE_S3_...) and TOLLGATE_LOG_LEVEL.
 * @param home the data directory, below which objects and keys are unless told otherwise
 * @throws ServiceStartError naming the variable and what it may be
 */
export function readStorageConfig(home: string, environment: Variables): StorageConfig {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]);
    throw new ServiceStartError(`${name} must be ${REMEDIES[name]}; correct it and start again.`);
  }
  const values = parsed.data;
  const s3 = toS3Config(values, {
    isCapacityTold: values.STORAGE_CAPACITY_BYTES !== undefined,
    extraFile: environment['NODE_EXTRA_CA_CERTS'],
  });
  if (s3 !== null && values.STORAGE_OBJECTS_DIR !== undefined) {
    throw new ServiceStartError(
      'STORAGE_OBJECTS_DIR and STORAGE_S3_BUCKET are both set, and objects are in a folder or in a bucket; take one of them out.',
    );
  }
  return Object.freeze({
    publicUrl: values.STORAGE_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    objectsFolder: values.STORAGE_OBJECTS_DIR ?? join(home, 'objects'),
    s3,
    keysFolder: values.STORAGE_KEYS_DIR ?? join(home, 'keys', 'storage'),
    capacityBytes: values.STORAGE_CAPACITY_BYTES ?? null,
    logLevel: values.TOLLGATE_LOG_LEVEL,
  });
}
