import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ByteRange } from '../../../domain/byteRange.js';
import { ObjectMissing, type ObjectStore, type StoredObject } from '../../../usecases/ports.js';
import { parseObjectKey, uploadFolder } from '../objectKey.js';
import { otherLength } from '../otherLength.js';
import { S3Fault, s3FaultOf } from './s3Fault.js';
import { s3Limits } from './s3Limits.js';
import { type SilenceWatch, watchSilence } from './silenceWatch.js';

/** Where objects are in an object store. */
export interface S3Place {
  readonly client: S3Client;
  readonly bucket: string;
  /** What the names of all objects begin with. */
  readonly prefix: string;
  /** How long the store may keep silent; 30 s unless told. */
  readonly silenceMs?: number;
}

/**
 * Objects as those of a bucket, `<prefix><shard>/<upload>/<name>` as in a folder, so that either can be copied to the other. S3 shows an
 * object once it is whole: a body that breaks off leaves none. Whatever else goes wrong is an S3Fault. A body is sent once, everything else
 * up to three times.
 */
export function s3Store(place: S3Place): ObjectStore {
  return {
    put: (object, body) => put(place, object, body),
    read: (object, range) => read(place, object, range),
    async delete(...keys) {
      const names = keys.map((key) => nameOf(place, key));
      for (let from = 0; from < names.length; from += s3Limits.keysMax) {
        await deleteBatch(place, names.slice(from, from + s3Limits.keysMax));
      }
    },
    keysOf: (uploadId) => keysOf(place, uploadId),
  };
}

function nameOf({ prefix }: S3Place, key: string): string {
  const { uploadId, name } = parseObjectKey(key);
  return `${prefix}${uploadFolder(uploadId)}/${name}`;
}

async function put(place: S3Place, object: StoredObject, body: AsyncIterable<Uint8Array>): Promise<void> {
  const watch = watchSilence('PutObject', place.silenceMs);
  const Key = nameOf(place, object.key);
  let bodyFault: unknown = null;
  const stream = Readable.from(watched(body, object, watch), { objectMode: false });
  // The SDK pipes it and hears nothing of its end: the request would wait for the rest.
  stream.once('error', (error) => {
    bodyFault = error;
    watch.end();
  });
  try {
    watch.waiting();
    await place.client.send(
      new PutObjectCommand({ Bucket: place.bucket, Key, Body: stream, ContentLength: object.bytes }),
      { abortSignal: watch.signal },
    );
  } catch (error) {
    throw bodyFault ?? watch.fault ?? s3FaultOf(error, 'PutObject');
  } finally {
    // An answer may come before the body is sent; then its connection is of no more use.
    watch.end();
    stream.destroy();
  }
}

/**
 * A body on its way to the store, watched while the store takes a chunk. The last one is sent when the body has ended as it should:
 * the store has the object from then on.
 */
async function* watched(
  body: AsyncIterable<Uint8Array>,
  { bytes }: StoredObject,
  watch: SilenceWatch,
): AsyncGenerator<Uint8Array> {
  let came = 0;
  let last: Uint8Array | null = null;
  watch.resting();
  for await (const chunk of body) {
    came += chunk.length;
    if (came > bytes) break;
    if (last !== null) {
      watch.waiting();
      yield last;
      watch.resting();
    }
    last = chunk;
  }
  if (came !== bytes) throw otherLength(bytes, came);
  watch.waiting();
  if (last !== null) yield last;
}

async function* read(place: S3Place, object: StoredObject, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
  const Key = nameOf(place, object.key);
  // HTTP has no way to ask for nothing.
  if (start >= end) return;
  const watch = watchSilence('GetObject', place.silenceMs);
  try {
    watch.waiting();
    const body = await open(place, Key, { start, end }, watch);
    if (body === null) return;
    for await (const chunk of body) {
      watch.resting();
      yield chunk;
      watch.waiting();
    }
  } catch (error) {
    if (error instanceof ObjectMissing) throw error;
    throw watch.fault ?? s3FaultOf(error, 'GetObject');
  } finally {
    // Also where the reader has had enough: what is left of the answer is not waited for.
    watch.end();
  }
}

/** A range's bytes on their way; null where the object ends before it. */
async function open(
  { client, bucket: Bucket }: S3Place,
  Key: string,
  { start, end }: ByteRange,
  watch: SilenceWatch,
): Promise<Readable | null> {
  const command = new GetObjectCommand({ Bucket, Key, Range: `bytes=${start}-${end - 1}` });
  try {
    const { Body, ContentRange } = await client.send(command, { abortSignal: watch.signal });
    if (!(Body instanceof Readable)) throw new S3Fault('GetObject', 'NoBody', 200);
    if (ContentRange?.startsWith(`bytes ${start}-`) === true) return Body;
    Body.destroy();
    throw new S3Fault('GetObject', 'OtherRange', 200);
  } catch (error) {
    const { code } = s3FaultOf(error, 'GetObject');
    if (code === 'NoSuchKey') throw new ObjectMissing();
    if (code === 'InvalidRange') return null;
    throw error;
  }
}

async function deleteBatch({ client, bucket: Bucket }: S3Place, names: readonly string[]): Promise<void> {
  const Delete = { Objects: names.map((Key) => ({ Key })), Quiet: true };
  try {
    const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete }), {
      requestTimeout: s3Limits.questionMs,
      abortSignal: AbortSignal.timeout(s3Limits.deleteMs),
    });
    const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey');
    if (failed !== undefined)
      throw s3FaultOf({ name: failed.Code, $metadata: { httpStatusCode: 200 } }, 'DeleteObjects');
  } catch (error) {
    throw s3FaultOf(error, 'DeleteObjects');
  }
}

async function keysOf({ client, bucket: Bucket, prefix }: S3Place, uploadId: string): Promise<readonly string[]> {
  const Prefix = `${prefix}${uploadFolder(uploadId)}/`;
  const keys: string[] = [];
  try {
    const pages = paginateListObjectsV2({ client }, { Bucket, Prefix }, { requestTimeout: s3Limits.questionMs });
    for await (const { Contents = [] } of pages) {
      for (const { Key } of Contents) if (Key !== undefined) keys.push(`${uploadId}/${Key.slice(Prefix.length)}`);
    }
    return keys;
  } catch (error) {
    throw s3FaultOf(error, 'ListObjectsV2');
  }
}
