import { createHash } from 'node:crypto';
import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { leavesReserve, noRoomForBytes } from '../domain/capacity.js';
import { type Drive, driveNotActive, isWritable } from '../domain/drive.js';
import type { SignedTarget } from '../domain/signedUrl.js';
import { isOpen, type ReceivedPart } from '../domain/upload.js';
import type { Dependencies } from './dependencies.js';
import { discardObject } from './discardObject.js';
import { exactly, LengthMismatch } from './exactly.js';
import { expired, openUrl, type SignedRequest } from './openUrl.js';

/** A part on its way in. */
export interface PartRequest extends SignedRequest {
  /** What Content-Length says; null where it says nothing. */
  readonly announcedBytes: number | null;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Takes one part in, streaming, until it is on disk; then its row is written. A part can be sent again while its upload
 * is open: the newest counts.
 * Refusals: URL_INVALID, URL_EXPIRED, LENGTH_MISMATCH, UPLOAD_NOT_OPEN, DRIVE_NOT_ACTIVE, CAPACITY_EXCEEDED.
 */
export async function receivePart(
  dependencies: Dependencies,
  request: PartRequest,
): Promise<Result<ReceivedPart, Refusal>> {
  const { database, objects, digests, clock, newId } = dependencies;
  const opened = openUrl(dependencies, request);
  if (!opened.ok) return opened;
  const target = opened.value;
  if (target.kind !== 'part') return err(expired());
  const { uploadId, number, bytes } = target;
  if (request.announcedBytes !== null && request.announcedBytes !== bytes) return err(lengthMismatch(bytes));
  const drive = await openDrive(dependencies, target);
  if (!drive.ok) return drive;
  if (!leavesReserve(BigInt(bytes), await dependencies.freeBytes())) return err(noRoomForBytes());

  // A name of its own for every attempt: a part that is sent again never writes over the one that counts.
  const objectKey = `${uploadId}/${number}-${newId('upload').slice(-26)}`;
  const running = digests.continueWith(uploadId, number);
  const own = number === 1 && running !== null ? running.hash : createHash('sha256');
  try {
    await objects.put(
      { key: objectKey, bytes },
      exactly(request.body, bytes, (chunk) => {
        own.update(chunk);
        if (running !== null && running.hash !== own) running.hash.update(chunk);
      }),
    );
  } catch (error) {
    if (error instanceof LengthMismatch) return err(lengthMismatch(bytes));
    throw error;
  }
  await faultpoint('storage.receivePart.afterPut');
  // A part takes its time; whoever was put out of the drive's group meanwhile has written nothing.
  if (!isEntitled(dependencies, target, drive.value)) {
    await discardObject(dependencies, uploadId, objectKey);
    return err(expired());
  }
  const part = { number, bytes, sha256: own.copy().digest('hex'), objectKey };
  const taken = await database.uploads.takePart(uploadId, part, clock.now());
  if (taken === false) {
    await discardObject(dependencies, uploadId, objectKey);
    return err(notOpen());
  }
  if (running !== null) {
    digests.keep(uploadId, { objectKeys: [...running.objectKeys, objectKey], hash: running.hash });
  }
  if (taken.replacedKey !== null) await discardObject(dependencies, uploadId, taken.replacedKey);
  return ok(part);
}

type PartTarget = Extract<SignedTarget, { kind: 'part' }>;

/** The drive that a part is for, where it takes one from the bearer of the URL. */
async function openDrive(dependencies: Dependencies, target: PartTarget): Promise<Result<Drive, Refusal>> {
  const { database, clock } = dependencies;
  const now = clock.now();
  const upload = await database.uploads.byId(target.uploadId);
  if (upload === null || !isOpen(upload, now)) return err(notOpen());
  const [drive] = await database.drives.byIds([upload.driveId]);
  if (drive === undefined || !isEntitled(dependencies, target, drive)) return err(expired());
  return isWritable(drive, now) ? ok(drive) : err(driveNotActive(drive, now));
}

/** Whether who the URL was signed for may write to the drive now. */
const isEntitled = ({ bearers }: Dependencies, { bearer }: PartTarget, { ownerId }: Drive): boolean =>
  !bearers.isDead(bearer) && bearers.hasDriveOf(bearer, ownerId);

const notOpen = (): Refusal => refused('UPLOAD_NOT_OPEN', 'The upload is completed, aborted or expired.');

const lengthMismatch = (bytes: number): Refusal =>
  refused('LENGTH_MISMATCH', `This part has ${bytes} bytes; send exactly that many.`);
