import { ServiceStartError } from '../../../../platform/server/runDirectory.js';
import { ObjectMissing, type UploadRecords } from '../../usecases/ports.js';
import type { OpenObjects } from './openObjects.js';

/** So many are looked for: one may have been lost, all of them were somewhere else. */
const SAMPLE = 5;

/**
 * Sees that the store is the one that the database's objects are in: where it is told another folder or bucket, everything stored would be
 * damaged to whoever reads it.
 * @throws ServiceStartError where none of the newest objects is there
 */
export async function requireOwnObjects(
  uploads: Pick<UploadRecords, 'newestObjects'>,
  { store, place }: Pick<OpenObjects, 'store' | 'place'>,
): Promise<void> {
  const objects = await uploads.newestObjects(SAMPLE);
  for (const object of objects) {
    try {
      for await (const _byte of store.read(object, { start: 0, end: 1 }));
      return;
    } catch (error) {
      if (!(error instanceof ObjectMissing)) throw error;
    }
  }
  if (objects.length === 0) return;
  throw new ServiceStartError(
    `The objects that storage's database names are not in ${place}; put them there, or correct STORAGE_OBJECTS_DIR or STORAGE_S3_BUCKET to where they are.`,
  );
}
