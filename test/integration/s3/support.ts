import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { readStorageConfig } from '../../../subgraphs/storage/config.js';
import { makeS3Client } from '../../../subgraphs/storage/persistence/objects/s3/s3Client.js';
import type { S3Config } from '../../../subgraphs/storage/s3Config.js';
import type { Radosgw } from '../services/radosgw.js';

/** Variables as an operator sets them. */
export type Variables = Readonly<Record<string, string>>;

/** What storage is told for a bucket of the gateway over TLS. */
export const variablesOf = ({ https, caFile, key }: Radosgw, bucket: string): Variables => ({
  STORAGE_S3_ENDPOINT: https,
  STORAGE_S3_BUCKET: bucket,
  STORAGE_S3_ACCESS_KEY_ID: key.accessKeyId,
  STORAGE_S3_SECRET_ACCESS_KEY: key.secretAccessKey,
  STORAGE_S3_CA_FILE: caFile,
  STORAGE_CAPACITY_BYTES: String(2n ** 40n),
});

/** The same as storage reads it. */
export function configOf(variables: Variables): S3Config {
  const { s3 } = readStorageConfig('/nowhere', variables);
  if (s3 === null) throw new Error('no bucket is told');
  return s3;
}

/** Makes a bucket, and a client that may do everything with it. */
export async function makeBucket(ceph: Radosgw, bucket: string, more: Variables = {}) {
  const config = configOf({ ...variablesOf(ceph, bucket), ...more });
  const client = makeS3Client(config);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return { config, client };
}
