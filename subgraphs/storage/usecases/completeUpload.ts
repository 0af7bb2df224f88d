import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { driveNotActive, isWritable } from '../domain/drive.js';
import type { StoredFile } from '../domain/file.js';
import { mediaTypeOf } from '../domain/mediaType.js';
import { partCount } from '../domain/parts.js';
import { isOpen, type Upload } from '../domain/upload.js';
import type { UploadInput } from './abortUpload.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { digestWhole } from './digestWhole.js';
import { loadFile } from './loadFile.js';
import { ownUpload } from './ownUpload.js';
import { ObjectMissing, type Records } from './ports.js';
import { runCommand } from './runCommand.js';
import { TIDY_TASK } from './tasks.js';
import { requireWriter } from './visibility.js';

/** A part arrived between the digest and the commit: the digest is not of what is there now. */
class PartsChanged extends Error {}

const ATTEMPTS_MAX = 5;

/**
 * Checks that all parts are there and are what was announced, and shows the new version. Nothing is visible before, nor
 * after a refusal. An upload that is completed already gives its file.
 * Refusals: UPLOAD_NOT_OPEN, DRIVE_NOT_ACTIVE, PARTS_MISSING, CHECKSUM_MISMATCH, IDEMPOTENCY_KEY_REUSED.
 * @throws Fault NOT_FOUND
 */
export async function completeUpload(
  dependencies: Dependencies,
  caller: Caller,
  input: UploadInput,
): Promise<Result<StoredFile, Refusal>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptCompletion(dependencies, caller, input);
    } catch (error) {
      const changed = error instanceof PartsChanged || error instanceof ObjectMissing;
      if (!changed || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function attemptCompletion(
  dependencies: Dependencies,
  caller: Caller,
  input: UploadInput,
): Promise<Result<StoredFile, Refusal>> {
  const { database, digests, clock, newId } = dependencies;
  const person = requireWriter(caller.viewer);
  const { upload: seen } = await ownUpload(database, person, input.uploadId);
  // Read before the transaction begins: it may take seconds, and the revision tells whether it still holds.
  const sha256 = await digestIfWhole(dependencies, seen);
  const result = await runCommand<StoredFile>(database, caller, {
    operation: 'completeUpload',
    input,
    target: input.uploadId,
    async act(records) {
      const upload = await records.uploads.lock(input.uploadId);
      if (upload?.status === 'COMPLETED') return ok(await fileOf(records, upload));
      const now = clock.now();
      if (upload === null || !isOpen(upload, now)) {
        return err(refused('UPLOAD_NOT_OPEN', 'The upload was aborted or has expired. Begin again.'));
      }
      const drive = await records.drives.lock(upload.driveId);
      if (drive === null || !isWritable(drive, now)) return err(driveNotActive(drive ?? missing(upload), now));
      if (upload.revision !== seen.revision) throw new PartsChanged();
      if (sha256 === null) return err(refused('PARTS_MISSING', await namingMissing(records, upload)));
      if (sha256 !== upload.sha256) {
        return err(refused('CHECKSUM_MISMATCH', `The SHA-256 of what arrived is ${sha256}, not the one announced.`));
      }
      const version = {
        id: newId('version'),
        uploadId: upload.id,
        sizeBytes: upload.sizeBytes,
        sha256,
        contentType: mediaTypeOf(upload.path),
        createdAt: now,
      };
      const { file, replacedBytes } = await records.files.addVersion(drive.id, upload.path, version, newId('file'));
      await records.drives.makeLive(drive.id, upload.sizeBytes, replacedBytes);
      await records.uploads.setStatus(upload.id, 'COMPLETED');
      await enqueue(records.sql, TIDY_TASK, { uploadId: upload.id });
      await faultpoint('storage.completeUpload.beforeCommit');
      return ok(file);
    },
    save: (file) => file.id,
    load: loadFile,
  });
  await faultpoint('storage.completeUpload.afterCommit');
  if (result.ok) digests.forget(input.uploadId);
  return result;
}

/** The digest of the parts, or null while some are missing; of an upload that is over none is needed. */
async function digestIfWhole({ database, objects, digests }: Dependencies, upload: Upload): Promise<string | null> {
  if (upload.status !== 'OPEN') return null;
  const parts = await database.uploads.partsOf(upload.id);
  return parts.length < partCount(upload) ? null : digestWhole(objects, digests, upload.id, parts);
}

async function fileOf(records: Records, upload: Upload): Promise<StoredFile> {
  const version = await records.files.versionOfUpload(upload.id);
  return loadFile(version?.fileId, records);
}

async function namingMissing({ uploads }: Records, upload: Upload): Promise<string> {
  const arrived = new Set((await uploads.partsOf(upload.id)).map(({ number }) => number));
  let first = 1;
  while (arrived.has(first)) first += 1;
  return `${partCount(upload) - arrived.size} of ${partCount(upload)} parts are missing, part ${first} among them.`;
}

function missing(upload: Upload): never {
  throw new Error(`Drive ${upload.driveId} of upload ${upload.id} is not there.`);
}
