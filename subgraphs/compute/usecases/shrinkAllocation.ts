import { writeAudit } from '../../../platform/audit/audit.js';
import { idempotencyScope, requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { once } from '../../../platform/idempotency/once.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Allocation } from '../domain/allocation.js';
import { entryOf } from './auditing.js';
import type { Call } from './call.js';
import { findAllocation } from './findAllocation.js';
import type { Dependencies, Repositories } from './ports.js';

/** The input of shrinkAllocation. */
export interface ShrinkAllocationInput {
  readonly idempotencyKey: string;
  readonly extensionId: string;
  readonly grantId: string;
}

/**
 * Undoes extendAllocation, for access: end and price are what they were. Jobs that were submitted meanwhile keep their price.
 * One that was not made is remembered, so that an extendAllocation that was on its way makes none.
 * Refusals: INVALID_INPUT, IDEMPOTENCY_KEY_REUSED. @returns the allocation, or null where the grant has none
 */
export async function shrinkAllocation(
  deps: Dependencies,
  call: Call,
  input: ShrinkAllocationInput,
): Promise<Result<Allocation | null, Refusal>> {
  const service = requireService(call.viewer, 'access');
  await faultpoint('compute.shrinkAllocation.beforeCommit');
  const result = await deps.database.transaction((tx) =>
    once<Allocation | null>(
      tx.sql,
      { scope: idempotencyScope(service), key: input.idempotencyKey, operation: 'shrinkAllocation', input },
      () => shrink(deps, tx, call, input),
      {
        save: (allocation) => allocation?.grantId ?? null,
        load: async (grantId) => (grantId === null ? null : findAllocation(tx, String(grantId))),
      },
    ),
  );
  await faultpoint('compute.shrinkAllocation.afterCommit');
  return result;
}

async function shrink(
  deps: Dependencies,
  tx: Repositories,
  call: Call,
  { extensionId, grantId }: ShrinkAllocationInput,
): Promise<Result<Allocation | null, Refusal>> {
  if (!isId('extension', extensionId)) return err(invalidInput(['extensionId'], 'extensionId is not the id of one.'));
  await tx.allocations.lockGrant(grantId);
  const allocation = await tx.allocations.lockByGrant(grantId, 'UPDATE');
  const extension = await tx.allocations.findExtension(extensionId);
  const now = deps.clock.now();
  if (extension === null) {
    const none = { previousPriceMicros: null, previousEndsAt: null };
    await tx.allocations.addExtension({ id: extensionId, grantId, ...none, undoneAt: now });
    return ok(allocation);
  }
  const { previousPriceMicros, previousEndsAt, undoneAt } = extension;
  const isMade = undoneAt === null && previousPriceMicros !== null && previousEndsAt !== null;
  if (allocation === null || extension.grantId !== grantId || !isMade) return ok(allocation);
  const shrunk = { ...allocation, unitPriceMicros: previousPriceMicros, endsAt: previousEndsAt };
  await tx.allocations.extend(allocation.id, shrunk);
  await tx.allocations.undoExtension(extensionId, now);
  await writeAudit(
    tx.sql,
    entryOf(call, { action: 'shrinkAllocation', target: allocation.id, detail: { extensionId } }),
  );
  return ok(shrunk);
}
