import type { Dependencies } from '../usecases/dependencies.js';

/**
 * Deletes what an ended upload left in the object store: of an aborted one everything, of a completed one parts that
 * were sent again and drafts of interrupted writes. Running twice does no harm.
 */
export async function tidyUpload({ database, objects }: Dependencies, payload: unknown): Promise<void> {
  const uploadId = uploadIdOf(payload);
  const upload = await database.uploads.byId(uploadId);
  if (upload === null || upload.status === 'OPEN') return;
  const keys = await objects.keysOf(uploadId);
  const parts = upload.status === 'COMPLETED' ? await database.uploads.partsOf(uploadId) : [];
  const kept = new Set(parts.map(({ objectKey }) => objectKey));
  for (const key of keys.filter((one) => !kept.has(one))) await objects.delete(key);
  if (upload.status === 'ABORTED') await database.uploads.forgetParts(uploadId);
}

function uploadIdOf(payload: unknown): string {
  if (typeof payload === 'object' && payload !== null && 'uploadId' in payload) return String(payload.uploadId);
  throw new Error('The task has no uploadId.');
}
