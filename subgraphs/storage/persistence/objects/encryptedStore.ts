import type { ByteRange } from '../../domain/byteRange.js';
import { frameCount, frameLayout, sealedSize, spanOf } from '../../domain/frames.js';
import { IntegrityError, type ObjectStore, type StoredObject } from '../../usecases/ports.js';
import type { Keyring } from '../keys/keyring.js';
import { openFrame, sealFrame } from './frame.js';
import { makeHeader, openHeader } from './objectHeader.js';
import { rechunk } from './rechunk.js';

const SEALED_FRAME_BYTES = frameLayout.plainBytes + frameLayout.tagBytes;

/**
 * Encrypts what goes into a store and decrypts what comes out of it, whatever the driver. A range reads the header and
 * the frames it touches. @throws IntegrityError from a read, before any byte of the bad frame is given out
 */
export function encryptedStore(inner: ObjectStore, keys: Keyring): ObjectStore {
  return {
    put(object, body) {
      return inner.put({ key: object.key, bytes: sealedSize(object.bytes) }, seal(keys, object, body));
    },
    read(object, range) {
      return open(inner, keys, object, range);
    },
    delete: inner.delete,
    keysOf: inner.keysOf,
  };
}

async function* seal(keys: Keyring, object: StoredObject, body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const { header, dataKey } = makeHeader(keys, object.key);
  yield header;
  const lastIndex = frameCount(object.bytes) - 1;
  const place = (index: number) => ({ objectKey: object.key, index, final: index === lastIndex });
  let index = 0;
  for await (const plain of rechunk(body, frameLayout.plainBytes)) {
    yield sealFrame(dataKey, place(index), plain);
    index += 1;
  }
  if (index === 0) yield sealFrame(dataKey, place(0), Buffer.alloc(0));
}

async function* open(
  inner: ObjectStore,
  keys: Keyring,
  object: StoredObject,
  range: ByteRange,
): AsyncGenerator<Buffer> {
  const stored = { key: object.key, bytes: sealedSize(object.bytes) };
  const header = await readWhole(inner.read(stored, { start: 0, end: frameLayout.headerBytes }));
  const dataKey = openHeader(keys, object.key, header);
  const span = spanOf(object.bytes, range);
  const lastIndex = frameCount(object.bytes) - 1;
  let index = span.firstFrame;
  let skip = span.skip;
  let left = range.end - range.start;
  for await (const sealed of rechunk(inner.read(stored, span.stored), SEALED_FRAME_BYTES)) {
    const plain = openFrame(dataKey, { objectKey: object.key, index, final: index === lastIndex }, sealed);
    const wanted = plain.subarray(skip, skip + left);
    if (wanted.length > 0) yield wanted;
    left -= wanted.length;
    skip = 0;
    index += 1;
  }
  if (index !== span.endFrame || left !== 0) throw new IntegrityError('The object is cut off.');
}

async function readWhole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
