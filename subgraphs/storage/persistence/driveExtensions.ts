import type { Prisma } from '../generated/prisma/client.js';
import type { DriveExtensions } from '../usecases/ports.js';
import { toDrive } from './driveRecords.js';

/** What drives had before they were extended, in PostgreSQL. */
export function driveExtensions(client: Prisma.TransactionClient): DriveExtensions {
  return {
    find: (id) => client.driveExtension.findUnique({ where: { id }, select: { grantId: true, undoneAt: true } }),
    async extend(id, { id: driveId, grantId, quotaBytes: previousQuotaBytes, endsAt: previousEndsAt }, wanted) {
      await client.driveExtension.create({ data: { id, grantId, previousQuotaBytes, previousEndsAt } });
      return toDrive(await client.drive.update({ where: { id: driveId }, data: wanted }));
    },
    async forbid(id, grantId, at) {
      await client.driveExtension.create({ data: { id, grantId, undoneAt: at } });
    },
    async undo(id, driveId, at) {
      await client.driveExtension.update({ where: { id }, data: { undoneAt: at } });
      await client.$executeRawUnsafe(
        `UPDATE drive SET ends_at = before.previous_ends_at,
           quota_bytes = greatest(before.previous_quota_bytes, live_bytes + version_bytes + trash_bytes + incomplete_bytes)
         FROM drive_extension AS before WHERE before.id = $1 AND drive.id = $2`,
        id,
        driveId,
      );
      return toDrive(await client.drive.findUniqueOrThrow({ where: { id: driveId } }));
    },
  };
}
