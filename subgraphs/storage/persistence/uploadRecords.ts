import type { ReceivedPart, Upload } from '../domain/upload.js';
import type { Prisma, Upload as UploadRow } from '../generated/prisma/client.js';
import type { StoredObject, UploadRecords } from '../usecases/ports.js';

/** Uploads in PostgreSQL. */
export function uploadRecords(client: Prisma.TransactionClient): UploadRecords {
  const byId = async (id: string) => {
    const row = await client.upload.findUnique({ where: { id } });
    return row === null ? null : toUpload(row);
  };
  return {
    async insert(upload, createdAt) {
      await client.upload.create({ data: { ...upload, createdAt } });
    },
    byId,
    async lock(id) {
      await client.$queryRawUnsafe('SELECT 1 FROM upload WHERE id = $1 FOR NO KEY UPDATE', id);
      return byId(id);
    },
    async setStatus(id, status) {
      await client.upload.update({ where: { id }, data: { status } });
    },
    partsOf: (id) =>
      client.uploadPart.findMany({ where: { uploadId: id }, orderBy: { number: 'asc' }, omit: { uploadId: true } }),
    takePart: (id, part, now) => takePart(client, id, part, now),
    async forgetParts(id) {
      await client.uploadPart.deleteMany({ where: { uploadId: id } });
    },
    async hasParts() {
      return (await client.uploadPart.findFirst({ select: { uploadId: true } })) !== null;
    },
    newestObjects: (maximum) =>
      client.$queryRawUnsafe<StoredObject[]>(
        `SELECT part.object_key AS key, part.bytes
         FROM upload_part part JOIN upload ON upload.id = part.upload_id JOIN drive ON drive.id = upload.drive_id
         WHERE upload.status <> 'ABORTED' AND drive.purge_since IS NULL
         ORDER BY upload.id DESC, part.number LIMIT $1::int`,
        maximum,
      ),
    expire: (driveId, now, maximum) => expire(client, driveId, now, maximum),
  };
}

function toUpload(row: UploadRow): Upload {
  const { id, driveId, path, sizeBytes, partBytes, sha256, status, expiresAt, revision } = row;
  return { id, driveId, path, sizeBytes, partBytes, sha256, status, expiresAt, revision };
}

async function takePart(
  client: Prisma.TransactionClient,
  id: string,
  part: ReceivedPart,
  now: Date,
): Promise<{ readonly replacedKey: string | null } | false> {
  const [row] = await client.$queryRawUnsafe<{ taken: boolean; replacedKey: string | null }[]>(
    `WITH open_upload AS (
       UPDATE upload SET revision = revision + 1
       WHERE id = $1 AND status = 'OPEN' AND $6::timestamptz < expires_at RETURNING id
     ), previous AS (
       SELECT object_key FROM upload_part WHERE upload_id = $1 AND number = $2::int
     ), taken AS (
       INSERT INTO upload_part AS part (upload_id, number, bytes, sha256, object_key)
       SELECT id, $2::int, $3::int, $4, $5 FROM open_upload
       ON CONFLICT (upload_id, number) DO UPDATE
       SET bytes = excluded.bytes, sha256 = excluded.sha256, object_key = excluded.object_key
       RETURNING 1
     )
     SELECT EXISTS (SELECT 1 FROM taken) AS taken, (SELECT object_key FROM previous) AS "replacedKey"`,
    id,
    part.number,
    part.bytes,
    part.sha256,
    part.objectKey,
    now,
  );
  return row?.taken === true ? { replacedKey: row.replacedKey } : false;
}

/** Skips uploads that another transaction is just completing or aborting: those end there. */
async function expire(
  client: Prisma.TransactionClient,
  driveId: string | null,
  now: Date,
  maximum: number,
): Promise<readonly string[]> {
  const rows = await client.$queryRawUnsafe<{ id: string }[]>(
    `WITH expired AS (
       SELECT id, drive_id, size_bytes FROM upload
       WHERE status = 'OPEN' AND expires_at <= $2::timestamptz AND ($1::text IS NULL OR drive_id = $1::text)
       ORDER BY id LIMIT $3::int FOR NO KEY UPDATE SKIP LOCKED
     ), aborted AS (
       UPDATE upload SET status = 'ABORTED' FROM expired WHERE upload.id = expired.id
     ), reserved AS (
       SELECT drive_id, sum(size_bytes)::bigint AS bytes, count(*)::int AS uploads FROM expired GROUP BY drive_id
     ), given_back AS (
       UPDATE drive SET incomplete_bytes = incomplete_bytes - reserved.bytes,
         open_uploads = open_uploads - reserved.uploads
       FROM reserved WHERE drive.id = reserved.drive_id
     )
     SELECT id FROM expired`,
    driveId,
    now,
    maximum,
  );
  return rows.map(({ id }) => id);
}
