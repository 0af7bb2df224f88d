import type { S3Config } from '../../../s3Config.js';
import type { OpenObjects } from '../openObjects.js';
import { bucketHealth } from './bucketHealth.js';
import { requireBucket } from './requireBucket.js';
import { makeS3Client } from './s3Client.js';
import { s3Store } from './s3Store.js';

/** Opens the bucket that is configured. @throws NotThereYetError, ServiceStartError where it cannot be used: one sentence */
export async function openBucket(config: S3Config): Promise<OpenObjects> {
  const { bucket, prefix, endpoint } = config;
  const client = makeS3Client(config);
  const place = { client, bucket, prefix };
  const store = s3Store(place);
  try {
    await requireBucket(config, place, store);
  } catch (error) {
    client.destroy();
    throw error;
  }
  return {
    store,
    freeBytes: async () => null,
    place: `the bucket ${bucket} at ${endpoint}${prefix === '' ? '' : `, below ${prefix}`}`,
    health: bucketHealth(place),
    close: () => client.destroy(),
  };
}
