import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { AllocationBasis } from '../../../subgraphs/compute/domain/resources.js';
import { code, type Fixture, startFixture, value } from '../support/fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

const GIB = 2n ** 30n;
const beat = (told: { readonly gpus?: number }) =>
  fixture.usecases.heartbeat(fixture.controller(), { clusterId: fixture.input().clusterId, leases: [], ...told });

/** A grant of the holder that pays by one of the bases, 2 CREDIT an hour. */
async function grantBy(per: AllocationBasis): Promise<string> {
  const grantId = newId('grant');
  const provisioned = await fixture.usecases.provisionAllocation(fixture.access(), {
    idempotencyKey: grantId,
    grantId,
    holderId: fixture.holder.userId,
    escrowId: newId('account'),
    payeeAccountId: newId('account'),
    clusterId: fixture.input().clusterId,
    unitPrice: { amount: '2', unit: 'CREDIT' },
    per,
    startsAt: new Date(fixture.now.getTime() - 1_000),
    endsAt: new Date(fixture.now.getTime() + 86_400_000),
  });
  value(provisioned);
  value(await fixture.usecases.activateAllocation(fixture.access(), { idempotencyKey: `${grantId}a`, grantId }));
  return grantId;
}

test.each<[AllocationBasis, object, bigint]>([
  ['GPU_HOUR', { gpus: 3, cpusPerTask: 8 }, 6_000_000n],
  ['MEMORY_GIB_HOUR', { memory: GIB + GIB / 2n, cpusPerTask: 8 }, 3_000_000n],
  ['CORE_HOUR', { memory: GIB, cpusPerTask: 8 }, 16_000_000n],
])('a job under a grant by the %s reserves and pays what it asked for of it', async (per, asked, hourMicros) => {
  value(await beat({ gpus: 4 }));
  const grantId = await grantBy(per);
  const job = await fixture.submit({ grantId, resources: { ...asked, wallTimeSeconds: 3_600 } });
  expect(fixture.peers.holds.get(String(job.holdId))?.placed.amount.micros).toBe(hourMicros);
  const lease = await fixture.claimOne();
  await fixture.report(lease, { sequence: 1, status: 'RUNNING', startedAt: fixture.now });
  const endedAt = new Date(fixture.now.getTime() + 1_800_000);
  await fixture.report(lease, { sequence: 2, status: 'COMPLETED', endedAt, logSequence: 0 });
  expect((await fixture.job(job.id)).chargeMicros).toBe(hourMicros / 2n);
  expect(fixture.peers.holds.get(String(job.holdId))?.capturedMicros).toBe(hourMicros / 2n);
});

test.each<[string, AllocationBasis, object, string, string]>([
  ['GPUs under a grant of core-hours, which would be free', 'CORE_HOUR', { gpus: 1 }, 'RESOURCES_NOT_PAID', 'gpus'],
  ['GPUs under a grant of memory', 'MEMORY_GIB_HOUR', { gpus: 1, memory: GIB }, 'RESOURCES_NOT_PAID', 'gpus'],
  ['no GPU under a grant of GPU-hours', 'GPU_HOUR', {}, 'RESOURCES_NOT_PAID', 'gpus'],
  ['unbounded memory under a grant of memory', 'MEMORY_GIB_HOUR', {}, 'RESOURCES_NOT_PAID', 'memory'],
  ['more GPUs than the cluster has', 'GPU_HOUR', { gpus: 5 }, 'RESOURCES_UNAVAILABLE', 'gpus'],
])('%s is refused at its path', async (_what, per, asked, expected, field) => {
  value(await beat({ gpus: 4 }));
  const resources = { ...asked, wallTimeSeconds: 60 };
  const input = fixture.input({ grantId: await grantBy(per), resources });
  expect(await fixture.usecases.submitJob(fixture.call(), input)).toMatchObject({
    ok: false,
    refusal: { code: expected, path: ['resources', field] },
  });
  expect(fixture.peers.holds.size).toBe(0);
});

test('a cluster has no GPUs until its controller tells of some, and none any more when it says so', async () => {
  const grantId = await grantBy('GPU_HOUR');
  const submit = () =>
    fixture.usecases.submitJob(fixture.call(), fixture.input({ grantId, resources: { gpus: 1, wallTimeSeconds: 60 } }));
  expect(code(await submit())).toBe('RESOURCES_UNAVAILABLE');
  value(await beat({ gpus: 1 }));
  expect((await submit()).ok).toBe(true);
  value(await beat({}));
  expect((await submit()).ok).toBe(true);
  value(await beat({ gpus: 0 }));
  expect(code(await submit())).toBe('RESOURCES_UNAVAILABLE');
  expect(code(await beat({ gpus: -1 }))).toBe('INVALID_INPUT');
});
