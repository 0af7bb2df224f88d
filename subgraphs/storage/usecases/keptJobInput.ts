import type { Json } from '../../../platform/idempotency/once.js';
import type { JobInput } from '../domain/jobInput.js';

/** A job input as it is kept under a key: whole, since the pin is gone after the job and a version never changes. */
export const saveJobInput = (input: JobInput): Json => ({ ...input, sizeBytes: input.sizeBytes.toString() });

/** The kept job input again. The cast is what saveJobInput wrote. */
export function loadJobInput(saved: Json): JobInput {
  const kept = saved as unknown as Omit<JobInput, 'sizeBytes'> & { readonly sizeBytes: string };
  return { ...kept, sizeBytes: BigInt(kept.sizeBytes) };
}
