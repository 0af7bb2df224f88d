import type { Commitment } from '../domain/capacity.js';
import type { Prisma } from '../generated/prisma/client.js';

// One number for the whole service: whoever decides about room decides alone until its transaction ends.
const CAPACITY_LOCK = 'storage.capacity';

/** Keeps others from deciding about room until the transaction ends. */
export async function lockCapacity(client: Prisma.TransactionClient): Promise<void> {
  await client.$queryRawUnsafe('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text', CAPACITY_LOCK);
}

/**
 * Sums up all drives. The rest of a quota is promised until the drive is closed, after its window too: an extension of it
 * may be on its way. One that is READ_ONLY or CLOSED by its status takes no more than it stores. Of uploads on their way only
 * the parts that arrived are stored; the rest of their reservation is promised. Numbers come as text: a sum of quotas
 * may have more digits than bigint.
 */
export async function sumCommitment(client: Prisma.TransactionClient): Promise<Commitment> {
  const [row] = await client.$queryRawUnsafe<{ promised: string; stored: string }[]>(
    `WITH arrived AS (
       SELECT upload.drive_id, sum(part.bytes) AS bytes
       FROM upload JOIN upload_part AS part ON part.upload_id = upload.id
       WHERE upload.status = 'OPEN' GROUP BY upload.drive_id
     ), held AS (
       SELECT quota_bytes,
         live_bytes::numeric + version_bytes + trash_bytes + coalesce(arrived.bytes, 0) AS bytes,
         status IN ('INACTIVE', 'ACTIVE') AS counts
       FROM drive LEFT JOIN arrived ON arrived.drive_id = drive.id
     )
     SELECT coalesce(sum(quota_bytes - bytes) FILTER (WHERE counts), 0)::text AS promised,
       coalesce(sum(bytes), 0)::text AS stored
     FROM held`,
  );
  return { promised: BigInt(row?.promised ?? 0), stored: BigInt(row?.stored ?? 0) };
}
