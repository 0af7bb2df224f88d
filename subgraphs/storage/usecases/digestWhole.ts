import type { ReceivedPart } from '../domain/upload.js';
import type { ObjectStore } from './ports.js';
import { emptyDigest, type RunningDigest, type RunningDigests } from './runningDigests.js';

/**
 * The SHA-256 of an upload's parts in order, in hexadecimal. What was digested while it arrived, or by an earlier call
 * that ran out of time, is not read again. @throws ObjectMissing where a part is being replaced
 */
export async function digestWhole(
  objects: ObjectStore,
  digests: RunningDigests,
  uploadId: string,
  parts: readonly ReceivedPart[],
): Promise<string> {
  const latest = digests.latest(uploadId);
  const { hash, objectKeys } = latest !== null && begins(parts, latest) ? latest : emptyDigest();
  const keys = [...objectKeys];
  for (const part of parts.slice(keys.length)) {
    const object = { key: part.objectKey, bytes: part.bytes };
    for await (const chunk of objects.read(object, { start: 0, end: part.bytes })) hash.update(chunk);
    keys.push(part.objectKey);
    digests.keep(uploadId, { objectKeys: [...keys], hash: hash.copy() });
  }
  return hash.digest('hex');
}

const begins = (parts: readonly ReceivedPart[], digest: RunningDigest): boolean =>
  digest.objectKeys.every((key, index) => parts[index]?.objectKey === key);
