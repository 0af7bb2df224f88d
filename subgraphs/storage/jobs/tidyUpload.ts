import type { Dependencies } from '../usecases/dependencies.js';
import { TIDY_TASK } from '../usecases/tasks.js';
import { unlessHeld } from './unlessHeld.js';

/**
 * Deletes what an ended upload left in the object store: of an aborted one everything, of a completed one parts that
 * were sent again and drafts of interrupted writes. Running twice does no harm.
 */
export function tidyUpload(dependencies: Dependencies, payload: unknown): Promise<void> {
  return unlessHeld(dependencies, { name: TIDY_TASK, payload }, () => tidy(dependencies, uploadIdOf(payload)));
}

async function tidy({ database, objects }: Dependencies, uploadId: string): Promise<void> {
  const upload = await database.uploads.byId(uploadId);
  if (upload === null || upload.status === 'OPEN') return;
  const keys = await objects.keysOf(uploadId);
  const parts = upload.status === 'COMPLETED' ? await database.uploads.partsOf(uploadId) : [];
  const kept = new Set(parts.map(({ objectKey }) => objectKey));
  await objects.delete(...keys.filter((one) => !kept.has(one)));
  if (upload.status === 'ABORTED') await database.uploads.forgetParts(uploadId);
}

function uploadIdOf(payload: unknown): string {
  if (typeof payload === 'object' && payload !== null && 'uploadId' in payload) return String(payload.uploadId);
  throw new Error('The task has no uploadId.');
}
