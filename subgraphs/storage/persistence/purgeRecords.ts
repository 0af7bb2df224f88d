import type { Prisma } from '../generated/prisma/client.js';
import type { Purged, PurgeRecords } from '../usecases/ports.js';
import { toDrive } from './driveRecords.js';

/** Drives whose content goes for good, in PostgreSQL. What deletes stands in functions that look at the drive first. */
export function purgeRecords(client: Prisma.TransactionClient): PurgeRecords {
  return {
    async due(endedBefore, maximum) {
      const rows = await client.$queryRawUnsafe<{ id: string }[]>(
        `SELECT id FROM drive WHERE status = 'READ_ONLY' AND least(closed_at, ends_at) <= $1::timestamptz
         ORDER BY closed_at LIMIT $2::int FOR NO KEY UPDATE SKIP LOCKED`,
        endedBefore,
        maximum,
      );
      return rows.map(({ id }) => id);
    },
    async begin(driveId, at) {
      // The drive first: no upload is begun any more then.
      await client.$executeRawUnsafe(
        `UPDATE drive SET status = 'CLOSED', closed_at = coalesce(closed_at, $2::timestamptz), purge_since = $2::timestamptz,
           incomplete_bytes = 0, open_uploads = 0 WHERE id = $1`,
        driveId,
        at,
      );
      await client.$executeRawUnsafe(
        `UPDATE upload SET status = 'ABORTED' WHERE drive_id = $1 AND status = 'OPEN'`,
        driveId,
      );
      return toDrive(await client.drive.findUniqueOrThrow({ where: { id: driveId } }));
    },
    async uploadsOf(driveId, maximum) {
      const rows = await client.upload.findMany({
        where: { driveId, drive: { purgeSince: { not: null } } },
        select: { id: true },
        orderBy: { id: 'asc' },
        take: maximum,
      });
      return rows.map(({ id }) => id);
    },
    async forget(driveId, uploadIds) {
      await client.$queryRawUnsafe('SELECT forget_uploads($1, $2::text[])::text', driveId, [...uploadIds]);
    },
    async finish(driveId, at) {
      const [row] = await client.$queryRawUnsafe<Purged[]>(
        'SELECT files, bytes FROM finish_purge($1, $2::timestamptz)',
        driveId,
        at,
      );
      return row ?? null;
    },
  };
}
