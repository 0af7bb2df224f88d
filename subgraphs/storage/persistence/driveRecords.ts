import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { Drive, DriveUsage } from '../domain/drive.js';
import { storageLimits } from '../domain/limits.js';
import type { Drive as DriveRow, Prisma } from '../generated/prisma/client.js';
import type { DriveRecords } from '../usecases/ports.js';
import { lockCapacity, sumCommitment } from './commitment.js';

/** Drives in PostgreSQL. */
export function driveRecords(client: Prisma.TransactionClient): DriveRecords {
  return {
    async byIds(ids) {
      return (await client.drive.findMany({ where: { id: { in: [...ids] } } })).map(toDrive);
    },
    async byGrantIds(grantIds) {
      return (await client.drive.findMany({ where: { grantId: { in: [...grantIds] } } })).map(toDrive);
    },
    pageOfOwners: (ownerIds, page) => pageOfOwners(client, ownerIds, page),
    usageOf: (ids, now) => usageOf(client, ids, now),
    async insert(drive) {
      await client.drive.create({ data: drive });
    },
    async lockGrant(grantId) {
      await client.$queryRawUnsafe('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text', grantId);
    },
    lockCapacity: () => lockCapacity(client),
    commitment: () => sumCommitment(client),
    async isGrantClosed(grantId) {
      return (await client.closedGrant.findUnique({ where: { grantId } })) !== null;
    },
    async closeGrant(grantId, at) {
      await client.closedGrant.createMany({ data: [{ grantId, closedAt: at }], skipDuplicates: true });
    },
    async activate(grantId) {
      const [row] = await client.drive.updateManyAndReturn({
        where: { grantId, status: 'INACTIVE' },
        data: { status: 'ACTIVE' },
      });
      return row === undefined ? null : toDrive(row);
    },
    async setStatus(id, status, closedAt) {
      return toDrive(await client.drive.update({ where: { id }, data: { status, closedAt } }));
    },
    async lock(id) {
      // NO KEY: rows that refer to the drive can still be written by others.
      await client.$queryRawUnsafe('SELECT 1 FROM drive WHERE id = $1 FOR NO KEY UPDATE', id);
      const row = await client.drive.findUnique({ where: { id } });
      return row === null ? null : toDrive(row);
    },
    reserve: (id, bytes, now) => reserve(client, id, bytes, now),
    async giveBack(id, bytes) {
      await client.$executeRawUnsafe(
        `UPDATE drive SET incomplete_bytes = incomplete_bytes - $2::bigint, open_uploads = open_uploads - 1
         WHERE id = $1`,
        id,
        bytes,
      );
    },
    async makeLive(id, bytes, replacedBytes) {
      await client.$executeRawUnsafe(
        `UPDATE drive SET incomplete_bytes = incomplete_bytes - $2::bigint, open_uploads = open_uploads - 1,
           live_bytes = live_bytes + $2::bigint - $3::bigint, version_bytes = version_bytes + $3::bigint
         WHERE id = $1`,
        id,
        bytes,
        replacedBytes,
      );
    },
    async openUploads(id) {
      return (await client.drive.findUnique({ where: { id }, select: { openUploads: true } }))?.openUploads ?? 0;
    },
  };
}

/** A row as the domain has it. */
export function toDrive(row: DriveRow): Drive {
  const { id, grantId, ownerId, name, quotaBytes, status, startsAt, endsAt, closedAt, purgedAt, createdAt } = row;
  return { id, grantId, ownerId, name, quotaBytes, status, startsAt, endsAt, closedAt, purgedAt, createdAt };
}

/**
 * The quota's one gate. Under parallel reservations PostgreSQL judges the condition again on the row as the one before
 * left it, so that their sum never passes the quota.
 */
async function reserve(client: Prisma.TransactionClient, id: string, bytes: bigint, now: Date): Promise<boolean> {
  const reserved = await client.$executeRawUnsafe(
    `UPDATE drive SET incomplete_bytes = incomplete_bytes + $2::bigint, open_uploads = open_uploads + 1
     WHERE id = $1 AND status = 'ACTIVE' AND starts_at <= $3::timestamptz AND $3::timestamptz < ends_at
       AND open_uploads < $4::int
       AND live_bytes + version_bytes + trash_bytes + incomplete_bytes <= quota_bytes - $2::bigint`,
    id,
    bytes,
    now,
    storageLimits.openUploadsMax,
  );
  return reserved === 1;
}

async function pageOfOwners(
  client: Prisma.TransactionClient,
  ownerIds: readonly string[],
  page: PageRequest,
): Promise<readonly Drive[]> {
  const rows = await client.$queryRawUnsafe<Drive[]>(
    `SELECT drive.* FROM unnest($1::text[]) AS owner(id) CROSS JOIN LATERAL (
       SELECT id, grant_id AS "grantId", owner_id AS "ownerId", name, quota_bytes AS "quotaBytes", status::text AS status,
         starts_at AS "startsAt", ends_at AS "endsAt", closed_at AS "closedAt", purged_at AS "purgedAt", created_at AS "createdAt"
       FROM drive WHERE owner_id = owner.id AND ($2::text IS NULL OR id < $2::text) ORDER BY id DESC LIMIT $3::int
     ) AS drive`,
    [...ownerIds],
    page.after?.[0] ?? null,
    page.first + 1,
  );
  return rows;
}

interface UsageRow extends DriveUsage {
  readonly id: string;
}

async function usageOf(
  client: Prisma.TransactionClient,
  ids: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, DriveUsage>> {
  const rows = await client.$queryRawUnsafe<UsageRow[]>(
    `SELECT id, live_bytes AS live, version_bytes AS versions, trash_bytes AS trash,
       incomplete_bytes - (
         SELECT coalesce(sum(size_bytes), 0)::bigint FROM upload
         WHERE drive_id = drive.id AND status = 'OPEN' AND expires_at <= $2::timestamptz
       ) AS incomplete
     FROM drive WHERE id = ANY($1::text[])`,
    [...ids],
    now,
  );
  return new Map(rows.map(({ id, ...usage }) => [id, usage]));
}
