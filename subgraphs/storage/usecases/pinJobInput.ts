import { requirePerson, requireScope } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { driveNotActive, isReadable } from '../domain/drive.js';
import type { JobInput } from '../domain/jobInput.js';
import { storageLimits } from '../domain/limits.js';
import { parsePath } from '../domain/path.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { loadJobInput, saveJobInput } from './keptJobInput.js';
import { runCommand } from './runCommand.js';
import { ownDrive } from './visibility.js';

/** What a job is to read. */
export interface PinJobInputInput {
  readonly idempotencyKey: string;
  readonly jobId: string;
  readonly driveId: string;
  readonly path: string;
  readonly as: string;
}

/**
 * Pins a file's current version for a job. For compute, with the submitter's exchanged token: the submitter's right to
 * read is looked at here, once.
 * Refusals: PATH_INVALID, INVALID_INPUT, DRIVE_NOT_ACTIVE, LIMIT_EXCEEDED, IDEMPOTENCY_KEY_REUSED.
 * @throws Fault NOT_FOUND for a drive or file that the submitter may not see
 */
export async function pinJobInput(
  { database, clock }: Dependencies,
  caller: Caller,
  input: PinJobInputInput,
): Promise<Result<JobInput, Refusal>> {
  const person = requirePerson(caller.viewer);
  if (person.actor !== 'compute') throw forbidden();
  requireScope(person, 'storage:read');
  const result = await runCommand<JobInput>(database, caller, {
    operation: 'pinJobInput',
    input,
    target: input.jobId,
    async act({ drives, files, jobInputs }) {
      if (!isId('job', input.jobId)) return err(invalidInput(['jobId'], 'jobId is not the id of a job.'));
      const path = parsePath(input.path, ['path']);
      if (!path.ok) return path;
      const name = parsePath(input.as, ['as']);
      if (!name.ok) return name;
      const drive = await ownDrive(drives, person, input.driveId);
      const now = clock.now();
      if (!isReadable(drive, now)) return err(driveNotActive(drive, now));
      const file = await files.byPath(drive.id, path.value);
      if (file === null) throw notFound('file');
      const pinned = await jobInputs.ofJob(input.jobId);
      if (pinned.length >= storageLimits.jobInputsMax) return err(tooMany());
      if (pinned.some((other) => other.name === name.value)) {
        return err(invalidInput(['as'], 'The job has another input of this name.'));
      }
      const jobInput: JobInput = {
        jobId: input.jobId,
        name: name.value,
        path: file.path,
        versionId: file.current.id,
        sizeBytes: file.current.sizeBytes,
        sha256: file.current.sha256,
        userId: person.userId,
      };
      await jobInputs.insert(jobInput, now);
      await faultpoint('storage.pinJobInput.beforeCommit');
      return ok(jobInput);
    },
    save: saveJobInput,
    load: async (saved) => loadJobInput(saved),
  });
  await faultpoint('storage.pinJobInput.afterCommit');
  return result;
}

const tooMany = (): Refusal =>
  refused('LIMIT_EXCEEDED', `jobInputsMax: a job has at most ${storageLimits.jobInputsMax} inputs.`);
