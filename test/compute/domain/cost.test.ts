import { expect, test } from 'vitest';
import { actualCostMicros, highestCostMicros } from '../../../subgraphs/compute/domain/cost.js';
import type { FinalStatus } from '../../../subgraphs/compute/domain/jobStatus.js';

const resources = { nodes: 1, tasks: 2, cpusPerTask: 3, memoryBytes: null, gpus: 0, wallTimeSeconds: 600 };
const unitPriceMicros = 1_000_000n;
const at = (ms: number) => new Date(1_700_000_000_000 + ms);

test('the highest cost is all cores for all the wall time', () => {
  expect(highestCostMicros(unitPriceMicros, resources)).toBe(1_000_000n);
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
  const job = { unitPriceMicros, resources, outcome, startedAt: at(0), endedAt: at(ms) };
  expect(actualCostMicros(job)).toBe(expected);
});

test('what never began costs nothing', () => {
  const job = { unitPriceMicros, resources, outcome: 'CANCELLED', startedAt: null, endedAt: at(9_000) } as const;
  expect(actualCostMicros(job)).toBe(0n);
  expect(actualCostMicros({ ...job, startedAt: at(0), endedAt: null })).toBe(0n);
});
