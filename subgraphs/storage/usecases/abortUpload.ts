import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { Upload } from '../domain/upload.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { loadUpload } from './loadUpload.js';
import { ownUpload } from './ownUpload.js';
import { runCommand } from './runCommand.js';
import { TIDY_TASK } from './tasks.js';
import { requireWriter } from './visibility.js';

/** Which upload. */
export interface UploadInput {
  readonly idempotencyKey: string;
  readonly uploadId: string;
}

/**
 * Ends an upload and gives its reservation back; one that was aborted or has expired stays ended.
 * Refusals: UPLOAD_NOT_OPEN where it is completed, IDEMPOTENCY_KEY_REUSED. @throws Fault NOT_FOUND
 */
export async function abortUpload(
  { database, digests }: Dependencies,
  caller: Caller,
  input: UploadInput,
): Promise<Result<Upload, Refusal>> {
  const person = requireWriter(caller.viewer);
  const result = await runCommand<Upload>(database, caller, {
    operation: 'abortUpload',
    input,
    target: input.uploadId,
    async act(records) {
      await ownUpload(records, person, input.uploadId);
      const upload = await records.uploads.lock(input.uploadId);
      if (upload === null || upload.status === 'COMPLETED') {
        return err(refused('UPLOAD_NOT_OPEN', 'The upload is completed; it is a version now.'));
      }
      if (upload.status === 'ABORTED') return ok(upload);
      await records.uploads.setStatus(upload.id, 'ABORTED');
      await records.drives.giveBack(upload.driveId, upload.sizeBytes);
      await enqueue(records.sql, TIDY_TASK, { uploadId: upload.id });
      await faultpoint('storage.abortUpload.beforeCommit');
      return ok({ ...upload, status: 'ABORTED' });
    },
    save: (upload) => upload.id,
    load: loadUpload,
  });
  if (result.ok) digests.forget(input.uploadId);
  return result;
}
