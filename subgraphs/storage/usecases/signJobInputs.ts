import { requireService } from '../../../platform/auth/viewer.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { JobInput } from '../domain/jobInput.js';
import { storageLimits } from '../domain/limits.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';

/** Which job's inputs to sign, and for how long. */
export interface SignJobInputsInput {
  readonly jobId: string;
  readonly expiresInSeconds: number;
}

/** A pinned input with where to read it. */
export interface SignedJobInput extends JobInput {
  readonly url: string;
}

/**
 * Signs URLs for what a job has pinned; nothing for a job that has no pins. They work while the pins are there, for the
 * time asked at most. For compute. Refusal: INVALID_INPUT.
 */
export async function signJobInputs(
  { database, urls, clock }: Dependencies,
  caller: Caller,
  input: SignJobInputsInput,
): Promise<Result<readonly SignedJobInput[], Refusal>> {
  requireService(caller.viewer, 'compute');
  const { jobId, expiresInSeconds } = input;
  if (expiresInSeconds < 1 || expiresInSeconds > storageLimits.jobUrlSecondsMax) {
    const message = `expiresInSeconds must be 1 to ${storageLimits.jobUrlSecondsMax}.`;
    return err(invalidInput(['expiresInSeconds'], message));
  }
  const expiresAt = new Date(clock.now().getTime() + expiresInSeconds * 1_000);
  const pinned = await database.jobInputs.ofJob(jobId);
  return ok(
    pinned.map((jobInput) => ({
      ...jobInput,
      url: urls.sign({ kind: 'jobInput', jobId, versionId: jobInput.versionId }, expiresAt),
    })),
  );
}
