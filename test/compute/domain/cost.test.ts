import { expect, test } from 'vitest';
import { actualCostMicros, highestCostMicros } from '../../../subgraphs/compute/domain/cost.js';
import type { FinalStatus } from '../../../subgraphs/compute/domain/jobStatus.js';
import type { AllocationBasis } from '../../../subgraphs/compute/domain/resources.js';

const resources = { nodes: 1, tasks: 2, cpusPerTask: 3, memoryBytes: null, gpus: 0, wallTimeSeconds: 600 };
const unitPriceMicros = 1_000_000n;
const at = (ms: number) => new Date(1_700_000_000_000 + ms);

test('the highest cost is all cores for all the wall time', () => {
  expect(highestCostMicros({ unitPriceMicros, basis: 'CORE_HOUR', resources })).toBe(1_000_000n);
});

test.each<[FinalStatus, number, bigint]>([
  ['COMPLETED', 60_000, 100_000n],
  ['FAILED', 60_000, 100_000n],
  ['CANCELLED', 60_000, 100_000n],
  ['TIMED_OUT', 600_000, 1_000_000n],
  ['NODE_FAILED', 60_000, 0n],
  // A begun second counts whole; the sum is rounded up to the next millionth.
  ['COMPLETED', 1, 1_667n],
  ['COMPLETED', 0, 0n],
  // Never beyond the wall time, never negative, whatever the controller's clock says.
  ['COMPLETED', 900_000, 1_000_000n],
  ['COMPLETED', -5_000, 0n],
])('%s after %d ms costs %d', (outcome, ms, expected) => {
  const job = { unitPriceMicros, basis: 'CORE_HOUR', resources, outcome, startedAt: at(0), endedAt: at(ms) } as const;
  expect(actualCostMicros(job)).toBe(expected);
});

test('what never began costs nothing', () => {
  const job = {
    unitPriceMicros,
    basis: 'CORE_HOUR',
    resources,
    outcome: 'CANCELLED',
    startedAt: null,
    endedAt: at(9_000),
  } as const;
  expect(actualCostMicros(job)).toBe(0n);
  expect(actualCostMicros({ ...job, startedAt: at(0), endedAt: null })).toBe(0n);
});

test.each<[AllocationBasis, bigint]>([
  ['CORE_HOUR', 1_000_000n],
  ['GPU_HOUR', 333_334n],
  // 1.5 GiB for ten minutes.
  ['MEMORY_GIB_HOUR', 250_000n],
])('by the %s a job of 6 cores, 2 GPUs and 1.5 GiB costs %d in ten minutes', (basis, expected) => {
  const asked = { ...resources, gpus: 2, memoryBytes: 1_610_612_736n };
  expect(highestCostMicros({ unitPriceMicros, basis, resources: asked })).toBe(expected);
  const job = { unitPriceMicros, basis, resources: asked, outcome: 'COMPLETED' } as const;
  expect(actualCostMicros({ ...job, startedAt: at(0), endedAt: at(600_000) })).toBe(expected);
});
