import { faultpoint } from '../../../platform/faultpoint.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { leavesReserve, noRoomForBytes } from '../domain/capacity.js';
import { driveNotActive, isWritable } from '../domain/drive.js';
import { parseSha256 } from '../domain/file.js';
import { storageLimits } from '../domain/limits.js';
import { planParts } from '../domain/parts.js';
import { parsePath } from '../domain/path.js';
import type { Upload } from '../domain/upload.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { loadUpload } from './loadUpload.js';
import type { DriveRecords, Records } from './ports.js';
import { runCommand } from './runCommand.js';
import { TIDY_TASK } from './tasks.js';
import { ownDrive, requireWriter } from './visibility.js';

/** What to upload. */
export interface BeginUploadInput {
  readonly idempotencyKey: string;
  readonly driveId: string;
  readonly path: string;
  readonly size: bigint;
  readonly sha256: string;
  readonly partSize?: bigint | null | undefined;
}

/**
 * Reserves quota and begins an upload. Asked again with its key it gives the upload with fresh URLs and what has
 * arrived: so an interrupted client goes on.
 * Refusals: PATH_INVALID, INVALID_INPUT, DRIVE_NOT_ACTIVE, CAPACITY_EXCEEDED, LIMIT_EXCEEDED, QUOTA_EXCEEDED,
 * IDEMPOTENCY_KEY_REUSED.
 */
export async function beginUpload(
  { database, freeBytes, clock, newId }: Dependencies,
  caller: Caller,
  input: BeginUploadInput,
): Promise<Result<Upload, Refusal>> {
  const person = requireWriter(caller.viewer);
  const result = await runCommand(database, caller, {
    operation: 'beginUpload',
    input,
    target: input.driveId,
    async act(records) {
      const valid = validate(input);
      if (!valid.ok) return valid;
      const drive = await ownDrive(records.drives, person, input.driveId);
      const now = clock.now();
      if (!isWritable(drive, now)) return err(driveNotActive(drive, now));
      if (!leavesReserve(input.size, await freeBytes())) return err(noRoomForBytes());
      await giveBackExpired(records, drive.id, now);
      if (!(await records.drives.reserve(drive.id, input.size, now)))
        return err(await whyNot(records.drives, drive.id));
      const upload: Upload = {
        id: newId('upload'),
        driveId: drive.id,
        ...valid.value,
        status: 'OPEN',
        expiresAt: new Date(now.getTime() + storageLimits.uploadLifetimeMs),
        revision: 0,
      };
      await records.uploads.insert(upload, now);
      await faultpoint('storage.beginUpload.beforeCommit');
      return ok(upload);
    },
    save: (upload) => upload.id,
    load: loadUpload,
  });
  await faultpoint('storage.beginUpload.afterCommit');
  return result;
}

function validate(
  input: BeginUploadInput,
): Result<Pick<Upload, 'path' | 'sha256' | 'sizeBytes' | 'partBytes'>, Refusal> {
  const path = parsePath(input.path, ['path']);
  if (!path.ok) return path;
  const sha256 = parseSha256(input.sha256);
  if (sha256 === null) return err(invalidInput(['sha256'], 'sha256 must be 64 hexadecimal digits.'));
  const plan = planParts(input.size, input.partSize ?? null);
  return plan.ok ? ok({ path: path.value, sha256, ...plan.value }) : plan;
}

/** What expired uploads still hold is free: they are ended here if the sweeper has not come by yet. */
async function giveBackExpired({ sql, uploads }: Records, driveId: string, now: Date): Promise<void> {
  for (const uploadId of await uploads.expire(driveId, now, storageLimits.sweepMax)) {
    await enqueue(sql, TIDY_TASK, { uploadId });
  }
}

/** The drive was writable a moment ago, so that it is the limit or the room. */
async function whyNot(drives: DriveRecords, driveId: string): Promise<Refusal> {
  if ((await drives.openUploads(driveId)) < storageLimits.openUploadsMax) {
    const remedy = 'Abort an upload that is open (abortUpload), or ask for another drive with requestAccess.';
    return refused('QUOTA_EXCEEDED', `The drive has not enough room left for that. ${remedy}`);
  }
  const message = `openUploadsMax: the drive has ${storageLimits.openUploadsMax} uploads open. Complete or abort some.`;
  return refused('LIMIT_EXCEEDED', message);
}
