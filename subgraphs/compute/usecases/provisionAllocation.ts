import { idempotencyScope, requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { once } from '../../../platform/idempotency/once.js';
import { type IdKind, isId } from '../../../platform/kernel/ids.js';
import { type Money, type MoneyInput, parsePositiveMoney } from '../../../platform/kernel/money.js';
import { isPrincipalId } from '../../../platform/kernel/principal.js';
import { type InvalidInput, invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Allocation } from '../domain/allocation.js';
import type { AllocationBasis } from '../domain/resources.js';
import { entryOf } from './auditing.js';
import type { Call } from './call.js';
import { findAllocation } from './findAllocation.js';
import type { Dependencies, Repositories } from './ports.js';

/** The input of provisionAllocation. */
export interface ProvisionAllocationInput {
  readonly idempotencyKey: string;
  readonly grantId: string;
  readonly holderId: string;
  readonly escrowId: string;
  readonly payeeAccountId: string;
  readonly clusterId: string;
  readonly unitPrice: MoneyInput;
  readonly per?: AllocationBasis | null | undefined;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/**
 * Makes a grant's right to compute, INACTIVE, for access. A grant has one at most; one that was closed already, by a
 * chain that is undone while this call was under way, gets none.
 * Refusals: INVALID_INPUT, AMOUNT_NOT_POSITIVE and its like, GRANT_NOT_USABLE, IDEMPOTENCY_KEY_REUSED.
 */
export async function provisionAllocation(
  deps: Dependencies,
  call: Call,
  input: ProvisionAllocationInput,
): Promise<Result<Allocation, Refusal>> {
  const service = requireService(call.viewer, 'access');
  await faultpoint('compute.provisionAllocation.beforeCommit');
  const result = await deps.database.transaction((tx) =>
    once<Allocation>(
      tx.sql,
      { scope: idempotencyScope(service), key: input.idempotencyKey, operation: 'provisionAllocation', input },
      () => provision(deps, tx, input),
      {
        save: ({ grantId }) => grantId,
        load: (grantId) => findAllocation(tx, String(grantId)),
        audit: (made) =>
          made.ok
            ? entryOf(call, {
                action: 'provisionAllocation',
                target: made.value.id,
                detail: { grantId: input.grantId, holderId: input.holderId },
              })
            : null,
      },
    ),
  );
  await faultpoint('compute.provisionAllocation.afterCommit');
  return result;
}

async function provision(
  deps: Dependencies,
  tx: Repositories,
  input: ProvisionAllocationInput,
): Promise<Result<Allocation, Refusal>> {
  const malformed = check(input);
  if (malformed !== null) return err(malformed);
  const price = parsePositiveMoney(input.unitPrice, ['unitPrice']);
  if (!price.ok) return price;
  const [cluster] = await tx.clusters.find([input.clusterId]);
  if (cluster === undefined) return err(invalidInput(['clusterId'], 'There is no such cluster.'));
  await tx.allocations.lockGrant(input.grantId);
  if (await tx.allocations.isEnded(input.grantId)) return err(refused('GRANT_NOT_USABLE', 'The grant has ended.'));
  const [present] = await tx.allocations.findByGrants([input.grantId]);
  if (present !== undefined) return err(refused('GRANT_NOT_USABLE', 'The grant has an allocation already.'));
  const allocation = newAllocation(deps, input, price.value);
  await tx.allocations.insert(allocation, deps.clock.now());
  return ok(allocation);
}

function check(input: ProvisionAllocationInput): InvalidInput | null {
  const ids: readonly (readonly [keyof ProvisionAllocationInput, IdKind])[] = [
    ['grantId', 'grant'],
    ['escrowId', 'account'],
    ['payeeAccountId', 'account'],
    ['clusterId', 'cluster'],
  ];
  const bad = ids.find(([field, kind]) => !isId(kind, String(input[field])));
  if (!isPrincipalId(input.holderId)) return invalidInput(['holderId'], 'holderId is not the id of one.');
  if (bad !== undefined) return invalidInput([bad[0]], `${bad[0]} is not the id of one.`);
  return input.startsAt < input.endsAt ? null : invalidInput(['endsAt'], 'The window ends before it begins.');
}

const newAllocation = (deps: Dependencies, input: ProvisionAllocationInput, price: Money): Allocation => ({
  id: deps.newId('allocation'),
  grantId: input.grantId,
  holderId: input.holderId,
  escrowId: input.escrowId,
  payeeAccountId: input.payeeAccountId,
  clusterId: input.clusterId,
  unitPriceMicros: price.micros,
  basis: input.per ?? 'CORE_HOUR',
  unit: price.unit,
  startsAt: input.startsAt,
  endsAt: input.endsAt,
  status: 'INACTIVE',
});
