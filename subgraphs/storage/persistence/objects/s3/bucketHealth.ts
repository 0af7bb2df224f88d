import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { s3FaultOf } from './s3Fault.js';
import { s3Limits } from './s3Limits.js';
import type { S3Place } from './s3Store.js';

/**
 * Whether a bucket answers that did so a moment ago, as GET /health/ready shows it. It is looked at once in a while, however often it is asked for. The answer is that of the last look: a
 * probe of a balancer is not kept waiting for a store that keeps silent.
 */
export function bucketHealth({ client, bucket }: S3Place): () => { readonly objectStore: string } {
  let askedAt = performance.now();
  let objectStore = 'answers';
  const look = async (): Promise<string> => {
    try {
      await client.send(new HeadBucketCommand({ Bucket: bucket }), {
        abortSignal: AbortSignal.timeout(s3Limits.lookMs),
      });
      return 'answers';
    } catch (error) {
      const { code, status } = s3FaultOf(error, 'HeadBucket');
      return `does not answer (${status === null ? code : `HTTP ${status}`})`;
    }
  };
  return () => {
    if (performance.now() - askedAt > s3Limits.lookLastsMs) {
      askedAt = performance.now();
      void look().then((found) => {
        objectStore = found;
      });
    }
    return { objectStore };
  };
}
