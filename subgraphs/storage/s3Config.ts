import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { httpAddress } from '../../platform/kernel/httpAddress.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { readCertificates } from '../../platform/tls/readCertificates.js';

/** The bucket that objects are in, and how it is reached. */
export interface S3Config {
  /** https://host[:port]; http:// on loopback alone. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** What the names of all objects begin with: '' or text that ends with a slash. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The authorities that are trusted (PEM); null: those that Node trusts. */
  readonly ca: readonly string[] | null;
  /** Whether the bucket is in the path of addresses, and not in the name of the host. */
  readonly pathStyle: boolean;
}

/** The variables of a bucket; one of them means that objects are there and not in a folder. */
export const s3Variables = z.object({
  STORAGE_S3_ENDPOINT: httpAddress.refine(isBare).optional(),
  STORAGE_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .optional(),
  STORAGE_S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
    .optional(),
  STORAGE_S3_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}(\/[A-Za-z0-9_.-]{1,64}){0,7}\/?$/)
    .refine((text) => !text.split('/').some((name) => name === '.' || name === '..'))
    .optional(),
  STORAGE_S3_ACCESS_KEY_ID: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/)
    .optional(),
  STORAGE_S3_SECRET_ACCESS_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{1,256}$/)
    .optional(),
  STORAGE_S3_CA_FILE: z.string().transform(readCertificates).optional(),
  STORAGE_S3_PATH_STYLE: z.enum(['0', '1']).optional(),
});

type Values = z.infer<typeof s3Variables>;

/** What each variable of the bucket must be, for the sentence that says which is wrong. */
export const s3Remedies = {
  STORAGE_S3_ENDPOINT: 'https://host[:port] of the object store (http on loopback alone)',
  STORAGE_S3_REGION: "the region's name, for example eu-central-1",
  STORAGE_S3_BUCKET: "the bucket's name: 3 to 63 lower-case letters, digits, dots and dashes",
  STORAGE_S3_PREFIX: 'names of letters, digits, dots, dashes and underscores, separated by slashes',
  STORAGE_S3_ACCESS_KEY_ID: 'the name of an access key',
  STORAGE_S3_SECRET_ACCESS_KEY: "the access key's secret",
  STORAGE_S3_CA_FILE: 'the path of a readable file with certificates (PEM)',
  STORAGE_S3_PATH_STYLE: '1, or 0 for a store that finds the bucket by the name of the host',
} as const satisfies Record<keyof Values, string>;

const NEEDED = [
  'STORAGE_S3_ENDPOINT',
  'STORAGE_S3_BUCKET',
  'STORAGE_S3_ACCESS_KEY_ID',
  'STORAGE_S3_SECRET_ACCESS_KEY',
] as const;

/** What a store on S3 is told when it is not told a region; those that have none take any. */
const REGION_DEFAULT = 'us-east-1';

/**
 * The bucket's configuration from its variables; null where there is none of them.
 * @param isCapacityTold whether STORAGE_CAPACITY_BYTES is: a bucket does not say what is free, and a drive's room is promised
 * @param extraFile NODE_EXTRA_CA_CERTS
 * @throws ServiceStartError naming what is missing
 */
export function toS3Config(
  values: Values,
  { isCapacityTold, extraFile }: { readonly isCapacityTold: boolean; readonly extraFile: string | undefined },
): S3Config | null {
  const given = Object.keys(s3Remedies).find((name) => values[name as keyof Values] !== undefined);
  if (given === undefined) return null;
  const missing = NEEDED.find((name) => values[name] === undefined);
  if (missing !== undefined) {
    throw new ServiceStartError(
      `${missing} is missing where ${given} is set: a bucket is told by ${NEEDED.join(', ')}; set it, or take the others out.`,
    );
  }
  if (!isCapacityTold) {
    throw new ServiceStartError(
      `STORAGE_CAPACITY_BYTES is missing where ${given} is set: a bucket does not say what is free, and drives are promised room; set it to what all drives together may hold.`,
    );
  }
  const { STORAGE_S3_PREFIX: prefix = '' } = values;
  return Object.freeze({
    endpoint: new URL(values.STORAGE_S3_ENDPOINT ?? '').origin,
    region: values.STORAGE_S3_REGION ?? REGION_DEFAULT,
    bucket: values.STORAGE_S3_BUCKET ?? '',
    prefix: prefix === '' ? '' : `${prefix.replace(/\/$/, '')}/`,
    accessKeyId: values.STORAGE_S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: values.STORAGE_S3_SECRET_ACCESS_KEY ?? '',
    ca: values.STORAGE_S3_CA_FILE === undefined ? null : trustedBeside(values.STORAGE_S3_CA_FILE, extraFile),
    pathStyle: values.STORAGE_S3_PATH_STYLE !== '0',
  });
}

/** A list of our own takes the place of what Node trusts, so that this is in it, too. A file that Node cannot read it has said so of. */
function trustedBeside(certificates: string, extraFile = ''): readonly string[] {
  try {
    return [...rootCertificates, readFileSync(extraFile, 'utf8'), certificates];
  } catch {
    return [...rootCertificates, certificates];
  }
}

/** Whether an address is a host and no more: a path would become a part of objects' names, a password a second secret. */
function isBare(address: string): boolean {
  const { pathname, search, hash, username, password } = new URL(address);
  return [pathname.replace(/^\/$/, ''), search, hash, username, password].join('') === '';
}
