import { writeAudit } from '../../../platform/audit/audit.js';
import { idempotencyScope, requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { once } from '../../../platform/idempotency/once.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type MoneyInput, parseMicros, parsePositiveMoney } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Allocation } from '../domain/allocation.js';
import { type Addition, blendedPriceMicros } from '../domain/blendedPrice.js';
import { entryOf } from './auditing.js';
import type { Call } from './call.js';
import { findAllocation } from './findAllocation.js';
import type { Dependencies, Repositories } from './ports.js';

/** The input of extendAllocation. */
export interface ExtendAllocationInput {
  readonly idempotencyKey: string;
  readonly extensionId: string;
  readonly grantId: string;
  readonly endsAt: Date;
  readonly paid: MoneyInput;
  readonly added?:
    | { readonly quantity: string; readonly unitPrice: MoneyInput; readonly amount: MoneyInput }
    | null
    | undefined;
}

/**
 * Lets a grant's right to compute be used for longer, and prices the hours that are added, for access. Where their price is
 * another than the grant's, jobs that are submitted from then on are charged the weighted mean of what is left and what is
 * added; so that it is exact, no job may be unsettled then.
 * Refusals: INVALID_INPUT, AMOUNT_NOT_POSITIVE and its like, GRANT_NOT_USABLE (closed, or the extension was undone),
 * GRANT_IN_USE, IDEMPOTENCY_KEY_REUSED. @throws Fault NOT_FOUND
 */
export async function extendAllocation(
  deps: Dependencies,
  call: Call,
  input: ExtendAllocationInput,
): Promise<Result<Allocation, Refusal>> {
  const service = requireService(call.viewer, 'access');
  await faultpoint('compute.extendAllocation.beforeCommit');
  const result = await deps.database.transaction((tx) =>
    once<Allocation>(
      tx.sql,
      { scope: idempotencyScope(service), key: input.idempotencyKey, operation: 'extendAllocation', input },
      () => extend(tx, call, input),
      { save: ({ grantId }) => grantId, load: (grantId) => findAllocation(tx, String(grantId)) },
    ),
  );
  await faultpoint('compute.extendAllocation.afterCommit');
  return result;
}

async function extend(
  tx: Repositories,
  call: Call,
  input: ExtendAllocationInput,
): Promise<Result<Allocation, Refusal>> {
  const { extensionId, grantId, endsAt } = input;
  if (!isId('extension', extensionId)) return err(invalidInput(['extensionId'], 'extensionId is not the id of one.'));
  await tx.allocations.lockGrant(grantId);
  const allocation = await tx.allocations.lockByGrant(grantId, 'UPDATE');
  if (allocation === null) throw notFound('allocation');
  if (endsAt < allocation.endsAt) return err(invalidInput(['endsAt'], 'An allocation is extended to a later end.'));
  if ((await tx.allocations.findExtension(extensionId)) !== null) {
    return err(refused('GRANT_NOT_USABLE', 'The extension was undone before it was made.'));
  }
  // By the status alone: access closes what has ended, and what it asked for in time may come after the end.
  if (allocation.status !== 'ACTIVE') return err(refused('GRANT_NOT_USABLE', 'The grant has ended.'));
  const price = await priceOf(tx, allocation, input);
  if (!price.ok) return price;
  await tx.allocations.addExtension({
    id: extensionId,
    grantId,
    previousPriceMicros: allocation.unitPriceMicros,
    previousEndsAt: allocation.endsAt,
    undoneAt: null,
  });
  const extended = { ...allocation, unitPriceMicros: price.value, endsAt };
  await tx.allocations.extend(allocation.id, extended);
  await writeAudit(
    tx.sql,
    entryOf(call, {
      action: 'extendAllocation',
      target: allocation.id,
      detail: { extensionId, unitPriceMicros: price.value.toString() },
    }),
  );
  return ok(extended);
}

/** The price of jobs from now on. The allocation is locked, so that no job is submitted meanwhile. */
async function priceOf(
  tx: Repositories,
  { id, unitPriceMicros }: Allocation,
  input: ExtendAllocationInput,
): Promise<Result<bigint, Refusal>> {
  if (input.added == null) return ok(unitPriceMicros);
  const added = parseAddition(input.added);
  if (!added.ok) return added;
  if (added.value.unitPriceMicros === unitPriceMicros) return ok(unitPriceMicros);
  const paid = parsePositiveMoney(input.paid, ['paid']);
  if (!paid.ok) return paid;
  const { chargedMicros, unsettledJobs } = await tx.allocations.spending(id);
  if (unsettledJobs > 0) {
    const message = `The price has changed, and ${unsettledJobs} jobs of the grant are not settled yet. Try again then.`;
    return err(refused('GRANT_IN_USE', message));
  }
  return ok(blendedPriceMicros(unitPriceMicros, paid.value.micros - chargedMicros, added.value));
}

function parseAddition(added: NonNullable<ExtendAllocationInput['added']>): Result<Addition, Refusal> {
  const quantity = parseMicros(added.quantity, ['added', 'quantity']);
  if (!quantity.ok) return quantity;
  if (quantity.value <= 0n) return err(invalidInput(['added', 'quantity'], 'quantity must be greater than zero.'));
  const price = parsePositiveMoney(added.unitPrice, ['added', 'unitPrice']);
  if (!price.ok) return price;
  const amount = parsePositiveMoney(added.amount, ['added', 'amount']);
  if (!amount.ok) return amount;
  return ok({
    quantityMicros: quantity.value,
    unitPriceMicros: price.value.micros,
    amountMicros: amount.value.micros,
  });
}
