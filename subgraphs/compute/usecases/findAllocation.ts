import { notFound } from '../../../platform/kernel/faults.js';
import type { Allocation } from '../domain/allocation.js';
import type { Repositories } from './ports.js';

/** A grant's allocation. @throws Fault NOT_FOUND */
export async function findAllocation(tables: Repositories, grantId: string): Promise<Allocation> {
  const [allocation] = await tables.allocations.findByGrants([grantId]);
  if (allocation === undefined) throw notFound('allocation');
  return allocation;
}
