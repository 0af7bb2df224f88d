import type { Variables } from '../../platform/server/settings.js';
import type { Manifest } from './manifest.js';

/** The bucket that objects are in, where they are in one: they stay there, and no backup has them. */
export function bucketOf(variables: Variables): Manifest['bucket'] {
  const {
    STORAGE_S3_ENDPOINT: endpoint = '',
    STORAGE_S3_BUCKET: bucket = '',
    STORAGE_S3_PREFIX: prefix = '',
  } = variables;
  return bucket === '' ? undefined : { endpoint, bucket, prefix };
}

/** What is told of it after a backup and after a restore. */
export function bucketLines({ bucket: named }: Manifest, verb: 'stay' | 'are needed'): readonly string[] {
  if (named === undefined) return [];
  const { endpoint, bucket, prefix } = named;
  const place = `the bucket ${bucket}${prefix === '' ? '' : ` (below ${prefix})`} at ${endpoint}`;
  return [
    verb === 'stay'
      ? `The files of drives stay in ${place}: this backup needs them there.`
      : `The files of drives are in ${place}, as they are now: what was deleted there since is its versions' to bring back. Stop whatever else uses it before the start.`,
  ];
}
