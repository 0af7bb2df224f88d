import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { JobInput } from '../domain/jobInput.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { loadJobInput, saveJobInput } from './keptJobInput.js';
import { runCommand } from './runCommand.js';

/** Which job's inputs to forget. */
export interface UnpinJobInputsInput {
  readonly idempotencyKey: string;
  readonly jobId: string;
}

/**
 * Forgets a job's pins: their URLs stop working at the next request. For compute. Refusal: IDEMPOTENCY_KEY_REUSED.
 * @returns what was pinned
 */
export async function unpinJobInputs(
  { database }: Dependencies,
  caller: Caller,
  input: UnpinJobInputsInput,
): Promise<Result<readonly JobInput[], Refusal>> {
  requireService(caller.viewer, 'compute');
  const result = await runCommand<readonly JobInput[]>(database, caller, {
    operation: 'unpinJobInputs',
    input,
    target: input.jobId,
    async act({ jobInputs }) {
      const pinned = await jobInputs.ofJob(input.jobId);
      await jobInputs.remove(input.jobId);
      return ok(pinned);
    },
    save: (pinned) => pinned.map(saveJobInput),
    load: async (saved) => (Array.isArray(saved) ? saved.map(loadJobInput) : []),
  });
  await faultpoint('storage.unpinJobInputs.afterCommit');
  return result;
}
