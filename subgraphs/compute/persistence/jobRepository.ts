import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { Job } from '../domain/job.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { JobChange, JobRepository, SealedTokens } from '../usecases/ports.js';
import { claimSql } from './claimSql.js';
import { refusalText, toJob, withJob } from './toJob.js';
import { wellFormed } from './wellFormed.js';

/** Jobs on a Prisma client or transaction. */
export function jobRepository(prisma: Prisma.TransactionClient): JobRepository {
  const find = async (ids: readonly string[]): Promise<readonly Job[]> =>
    (await prisma.job.findMany({ where: { id: { in: wellFormed('job', ids) } }, include: withJob })).map(toJob);

  /** Locks in the order of ids, so that two batches never wait for each other. */
  const lockMany = async (ids: readonly string[]): Promise<readonly Job[]> => {
    const known = wellFormed('job', ids);
    if (known.length === 0) return [];
    await prisma.$queryRawUnsafe('SELECT id FROM job WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE', known);
    return find(known);
  };

  return {
    find,
    lockMany,
    lock: async (id) => (await lockMany([id]))[0] ?? null,
    async insert(job, tokens) {
      await prisma.job.create({ data: toRow(job, tokens) });
    },
    async change(id, change) {
      await prisma.job.update({ where: { id }, data: toUpdate(change) });
    },
    async tokens(id) {
      const row = await prisma.job.findUnique({ where: { id }, select: { sealedTokens: true, tokensExpireAt: true } });
      if (row?.sealedTokens == null || row.tokensExpireAt === null) return null;
      return { sealed: Buffer.from(row.sealedTokens), expiresAt: row.tokensExpireAt };
    },
    async setTokens(id, tokens) {
      // Tokens that come late, for a submit that was ended meanwhile, are not kept.
      const where = { id, submission: { in: ['PREPARING', 'HOLDING'] } };
      await prisma.job.updateMany({ where, data: tokenColumns(tokens) });
    },
    async claim({ clusterId, maximum, leaseSeconds, now, newLease }) {
      const leases = Array.from({ length: maximum }, newLease);
      const expiresAt = new Date(now.getTime() + leaseSeconds * 1_000);
      const rows = await prisma.$queryRawUnsafe<{ id: string }[]>(
        claimSql,
        clusterId,
        maximum,
        leases,
        leaseSeconds,
        expiresAt,
        now,
      );
      const jobs = new Map((await find(rows.map(({ id }) => id))).map((job) => [job.id, job]));
      return rows.flatMap(({ id }) => jobs.get(id) ?? []);
    },
    async extendLeases(leases) {
      if (leases.length === 0) return;
      await prisma.$executeRawUnsafe(
        `UPDATE job SET lease_expires_at = kept.expires_at
         FROM unnest($1::text[], $2::timestamptz[]) AS kept(id, expires_at) WHERE job.id = kept.id`,
        leases.map(({ id }) => id),
        leases.map(({ expiresAt }) => expiresAt),
      );
    },
    async lockUnsettled(allocationId) {
      const rows = await prisma.$queryRawUnsafe<{ id: string }[]>(
        `SELECT id FROM job WHERE allocation_id = $1 AND submission <> 'UNDONE' AND settled_at IS NULL
         ORDER BY id FOR UPDATE`,
        allocationId,
      );
      return find(rows.map(({ id }) => id));
    },
    async page(of, page) {
      const rows = await prisma.job.findMany({
        where: { ...of, submission: 'READY', ...after(page) },
        include: withJob,
        orderBy: [{ queuedAt: 'desc' }, { id: 'desc' }],
        take: page.first + 1,
      });
      return rows.map(toJob);
    },
  };
}

function after({ after: position }: PageRequest): Prisma.JobWhereInput {
  const [at, id] = position ?? [];
  if (at === undefined || id === undefined) return {};
  return { OR: [{ queuedAt: { lt: new Date(at) } }, { queuedAt: new Date(at), id: { lt: id } }] };
}

const tokenColumns = (tokens: SealedTokens | null) => ({
  sealedTokens: tokens === null ? null : new Uint8Array(tokens.sealed),
  tokensExpireAt: tokens?.expiresAt ?? null,
});

function toRow(job: Job, tokens: SealedTokens): Prisma.JobUncheckedCreateInput {
  const { resources, inputs, command, refusal: _refusal, lease: _lease, holderId: _holderId, ...columns } = job;
  return {
    ...columns,
    ...resources,
    ...tokenColumns(tokens),
    command: [...(command ?? [])],
    inputs: {
      create: inputs.map(({ driveId, path, as }, position) => ({ position, driveId, path, fileName: as })),
    },
  };
}

function toUpdate({ lease, refusal, ...columns }: JobChange): Prisma.JobUncheckedUpdateInput {
  return {
    ...columns,
    // A submit that has ended needs its tokens no more, in the same statement that ends it.
    ...(columns.submission === 'READY' || columns.submission === 'UNDONE' ? tokenColumns(null) : {}),
    ...(refusal == null ? {} : { refusal: refusalText(refusal) }),
    ...(lease === undefined ? {} : leaseColumns(lease)),
  };
}

const leaseColumns = (lease: Job['lease']) => ({
  lease: lease?.lease ?? null,
  leaseSeconds: lease?.leaseSeconds ?? null,
  leaseExpiresAt: lease?.expiresAt ?? null,
});
