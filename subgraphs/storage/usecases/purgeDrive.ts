import { writeAudit } from '../../../platform/audit/audit.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import type { Dependencies } from './dependencies.js';

/** Uploads whose objects are deleted before their rows are. */
const BATCH = 100;

/**
 * Deletes the content of a drive for good: first the bytes, then the rows that name them, so that one that was interrupted
 * goes on where it was. Running twice does no harm. @throws ObjectsHeld
 */
export async function purgeDrive(
  { database, objects, clock }: Pick<Dependencies, 'database' | 'objects' | 'clock'>,
  driveId: string,
): Promise<void> {
  for (;;) {
    const uploadIds = await database.purges.uploadsOf(driveId, BATCH);
    if (uploadIds.length === 0) break;
    for (const uploadId of uploadIds) await objects.delete(...(await objects.keysOf(uploadId)));
    await faultpoint('storage.purgeDrive.afterBytes');
    await database.purges.forget(driveId, uploadIds);
  }
  await database.transaction(async ({ sql, purges }) => {
    const purged = await purges.finish(driveId, clock.now());
    if (purged === null) return;
    await writeAudit(sql, {
      actor: 'service:storage',
      action: 'purgeDrive',
      target: driveId,
      outcome: 'OK',
      requestId: driveId,
      clientIp: '',
      detail: { files: purged.files.toString(), bytes: purged.bytes.toString() },
    });
  });
}
