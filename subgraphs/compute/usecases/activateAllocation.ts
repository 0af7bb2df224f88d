import { idempotencyScope, requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { once } from '../../../platform/idempotency/once.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Allocation } from '../domain/allocation.js';
import { entryOf } from './auditing.js';
import type { Call } from './call.js';
import { findAllocation } from './findAllocation.js';
import type { Dependencies, Repositories } from './ports.js';

/**
 * Opens a grant's right to compute, for access. Refusals: GRANT_NOT_USABLE (closed already), IDEMPOTENCY_KEY_REUSED.
 * @throws Fault NOT_FOUND
 */
export async function activateAllocation(
  deps: Dependencies,
  call: Call,
  input: { readonly idempotencyKey: string; readonly grantId: string },
): Promise<Result<Allocation, Refusal>> {
  const service = requireService(call.viewer, 'access');
  await faultpoint('compute.activateAllocation.beforeCommit');
  const result = await deps.database.transaction((tx) =>
    once<Allocation>(
      tx.sql,
      { scope: idempotencyScope(service), key: input.idempotencyKey, operation: 'activateAllocation', input },
      () => activate(tx, input.grantId),
      {
        save: ({ grantId }) => grantId,
        load: (grantId) => findAllocation(tx, String(grantId)),
        audit: (activated) =>
          activated.ok ? entryOf(call, { action: 'activateAllocation', target: activated.value.id }) : null,
      },
    ),
  );
  await faultpoint('compute.activateAllocation.afterCommit');
  return result;
}

async function activate(tx: Repositories, grantId: string): Promise<Result<Allocation, Refusal>> {
  // One that has another status keeps it: ACTIVE is what was wanted, CLOSING and CLOSED are ends.
  const activated = await tx.allocations.activate(grantId);
  if (activated !== null) return ok(activated);
  const [allocation] = await tx.allocations.findByGrants([grantId]);
  if (allocation === undefined) throw notFound('allocation');
  return allocation.status === 'ACTIVE'
    ? ok(allocation)
    : err(refused('GRANT_NOT_USABLE', 'The allocation is closed.'));
}
