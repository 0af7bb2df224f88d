import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { AllocationBasis } from '../../../subgraphs/compute/domain/resources.js';
import type { HeartbeatInput } from '../../../subgraphs/compute/usecases/heartbeat.js';
import { code, type Fixture, startFixture, value } from '../support/fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

const GIB = 2n ** 30n;
type Told = Omit<Partial<HeartbeatInput>, 'clusterId' | 'leases'>;
const beat = (told: Told) =>
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
  ['MEMORY_GIB_HOUR', { memory: 5n * GIB + GIB / 2n }, 11_000_000n],
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
  [
    'a core under a grant of memory that is hardly any',
    'MEMORY_GIB_HOUR',
    { memory: 1n },
    'RESOURCES_NOT_PAID',
    'memory',
  ],
  [
    'a second core under a grant of memory for one',
    'MEMORY_GIB_HOUR',
    { memory: 8n * GIB - 1n, tasks: 2 },
    'RESOURCES_NOT_PAID',
    'cpusPerTask',
  ],
  [
    'more cores under a grant of GPU-hours than come with the GPUs',
    'GPU_HOUR',
    { gpus: 2, tasks: 17 },
    'RESOURCES_NOT_PAID',
    'cpusPerTask',
  ],
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

test('cores come with GPUs and memory as the controller says, and the refusal says what to ask for', async () => {
  value(await beat({ gpus: 4, cores: 64, memory: 64n * GIB }));
  const judge = async (per: AllocationBasis, asked: object) => {
    const input = fixture.input({ grantId: await grantBy(per), resources: { ...asked, wallTimeSeconds: 60 } });
    const result = await fixture.usecases.submitJob(fixture.call(), input);
    return result.ok ? 'submitted' : result.refusal.message;
  };
  expect(await judge('GPU_HOUR', { gpus: 1, tasks: 2, cpusPerTask: 8 })).toBe('submitted');
  expect(await judge('MEMORY_GIB_HOUR', { memory: 64n * GIB, cpusPerTask: 64 })).toBe('submitted');
  value(await beat({ coresPerGpu: 6, memoryPerCore: 2n * GIB }));
  expect(await judge('GPU_HOUR', { gpus: 1, cpusPerTask: 6 })).toBe('submitted');
  expect(await judge('GPU_HOUR', { gpus: 1, cpusPerTask: 7 })).toBe(
    'The grant pays for GPUs, 6 cores come with each: ask for at most 6 cores, or for at least 2 GPUs.',
  );
  expect(await judge('MEMORY_GIB_HOUR', { memory: 6n * GIB, cpusPerTask: 3 })).toBe('submitted');
  expect(await judge('MEMORY_GIB_HOUR', { memory: 6n * GIB, cpusPerTask: 4 })).toBe(
    'The grant pays for memory, a core comes with each 2147483648 bytes of it: ask for at most 3 cores, or for at least 8589934592 bytes of memory.',
  );
  expect(await judge('CORE_HOUR', { cpusPerTask: 64 })).toBe('submitted');
});

test.each<[string, Told]>([
  ['coresPerGpu', { coresPerGpu: 0 }],
  ['coresPerGpu', { coresPerGpu: 1_000_001 }],
  ['memoryPerCore', { memoryPerCore: 0n }],
  ['memoryPerCore', { memoryPerCore: 2n ** 62n }],
])('%s is bounded', async (field, told) => {
  expect(await beat(told)).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: [field] } });
});
