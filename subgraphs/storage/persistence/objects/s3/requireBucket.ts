import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { newId } from '../../../../../platform/kernel/ids.js';
import { NotThereYetError } from '../../../../../platform/server/notThereYetError.js';
import { ServiceStartError } from '../../../../../platform/server/runDirectory.js';
import type { S3Config } from '../../../s3Config.js';
import type { ObjectStore } from '../../../usecases/ports.js';
import { S3Fault, s3FaultOf } from './s3Fault.js';
import { s3Limits } from './s3Limits.js';
import type { S3Place } from './s3Store.js';
import { clockTrouble, isAbsence, s3Trouble } from './s3Trouble.js';

/**
 * Sees that the bucket is there and lets storage do all it needs: list, write, read and delete an object, which is gone afterwards.
 * @throws NotThereYetError where the store cannot be reached or is not able to answer; ServiceStartError for what stays so
 * until somebody mends it: each one sentence with the cause, the variable and the remedy
 */
export async function requireBucket(config: S3Config, place: S3Place, store: ObjectStore): Promise<void> {
  try {
    // Alone among them its answers tell everything that is wrong with the connection and the key.
    await place.client
      .send(new ListObjectsV2Command({ Bucket: place.bucket, Prefix: place.prefix, MaxKeys: 1 }), {
        requestTimeout: s3Limits.questionMs,
      })
      .catch((error: unknown) => {
        throw s3FaultOf(error, 'ListObjectsV2');
      });
    await probe(store);
  } catch (error) {
    const fault = error instanceof S3Fault ? error : s3FaultOf(error, 'GetObject');
    const sentence = s3Trouble(fault, config);
    throw isAbsence(fault)
      ? new NotThereYetError(sentence, { cause: error })
      : new ServiceStartError(sentence, { cause: error });
  }
  // The SDK corrects its signatures by the store's clock; certificates, links and sessions are judged by this one.
  const clocks = clockTrouble(place.client.config.systemClockOffset, config);
  if (clocks !== null) throw new ServiceStartError(clocks);
}

async function probe(store: ObjectStore): Promise<void> {
  const text = Buffer.from('tollgate');
  const object = { key: `${newId('upload')}/start`, bytes: text.length };
  await store.put(
    object,
    (async function* () {
      yield text;
    })(),
  );
  try {
    for await (const _chunk of store.read(object, { start: 0, end: text.length }));
  } catch (error) {
    // What could not be read is told, and not that it could not be deleted either.
    await store.delete(object.key).catch(() => undefined);
    throw error;
  }
  await store.delete(object.key);
}
