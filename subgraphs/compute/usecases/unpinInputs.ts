import type { Dependencies, Trace } from './ports.js';

/** Lets storage forget a job's pins. @throws an error where storage refuses or is away: the task is tried again */
export async function unpinInputs(
  deps: Dependencies,
  { jobId, key }: { readonly jobId: string; readonly key: string },
  trace: Trace,
): Promise<void> {
  const result = await deps.storage.unpinJobInputs({ key, jobId }, trace);
  if (!result.ok) throw new Error(`storage refused to forget the pins of ${jobId}: ${result.refusal.code}`);
}
