import type { Allocation, AllocationStatus } from '../domain/allocation.js';
import type { AllocationBasis } from '../domain/resources.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { AllocationRepository } from '../usecases/ports.js';
import { wellFormed } from './wellFormed.js';

/** Allocations on a Prisma client or transaction. */
export function allocationRepository(prisma: Prisma.TransactionClient): AllocationRepository {
  const findByGrants = async (grantIds: readonly string[]): Promise<readonly Allocation[]> =>
    (await prisma.allocation.findMany({ where: { grantId: { in: wellFormed('grant', grantIds) } } })).map(toAllocation);

  return {
    findByGrants,
    async lockByGrant(grantId, strength) {
      const [known] = wellFormed('grant', [grantId]);
      if (known === undefined) return null;
      const lock = strength === 'SHARE' ? 'FOR SHARE' : 'FOR UPDATE';
      await prisma.$queryRawUnsafe(`SELECT id FROM allocation WHERE grant_id = $1 ${lock}`, grantId);
      return (await findByGrants([grantId]))[0] ?? null;
    },
    async insert(allocation, now) {
      await prisma.allocation.create({ data: { ...allocation, createdAt: now } });
    },
    async activate(grantId) {
      const [row] = await prisma.allocation.updateManyAndReturn({
        where: { grantId: { in: wellFormed('grant', [grantId]) }, status: 'INACTIVE' },
        data: { status: 'ACTIVE' },
      });
      return row === undefined ? null : toAllocation(row);
    },
    async setStatus(id, status) {
      await prisma.allocation.update({ where: { id }, data: { status } });
    },
    async markEnded(grantId, now) {
      await prisma.endedGrant.createMany({ data: [{ grantId, endedAt: now }], skipDuplicates: true });
    },
    async isEnded(grantId) {
      return (await prisma.endedGrant.count({ where: { grantId } })) > 0;
    },
    async lockGrant(grantId) {
      await prisma.$queryRawUnsafe(`SELECT 1 AS locked FROM pg_advisory_xact_lock(hashtextextended($1, 0))`, grantId);
    },
    async extend(id, { unitPriceMicros, endsAt }) {
      await prisma.allocation.update({ where: { id }, data: { unitPriceMicros, endsAt } });
    },
    findExtension: (id) => prisma.allocationExtension.findUnique({ where: { id } }),
    async addExtension(extension) {
      await prisma.allocationExtension.create({ data: extension });
    },
    async undoExtension(id, now) {
      await prisma.allocationExtension.update({ where: { id }, data: { undoneAt: now } });
    },
    async spending(id) {
      const [row] = await prisma.$queryRawUnsafe<{ chargedMicros: bigint; unsettled: number }[]>(
        `SELECT coalesce(sum(charge_micros) FILTER (WHERE settled_at IS NOT NULL), 0)::bigint AS "chargedMicros",
           count(*) FILTER (WHERE settled_at IS NULL)::int AS unsettled
         FROM job WHERE allocation_id = $1 AND submission <> 'UNDONE'`,
        id,
      );
      return { chargedMicros: row?.chargedMicros ?? 0n, unsettledJobs: row?.unsettled ?? 0 };
    },
    async closeIfSettled(id) {
      await prisma.$executeRawUnsafe(
        `UPDATE allocation SET status = 'CLOSED' WHERE id = $1 AND status = 'CLOSING' AND NOT EXISTS (
           SELECT 1 FROM job WHERE allocation_id = $1 AND submission <> 'UNDONE' AND settled_at IS NULL)`,
        id,
      );
    },
  };
}

/** The words were written by this service alone, hence the casts. */
const toAllocation = (row: Prisma.AllocationGetPayload<object>): Allocation => ({
  ...row,
  basis: row.basis as AllocationBasis,
  status: row.status as AllocationStatus,
});
