import { expect, test, vi } from 'vitest';
import { none } from '../../../../controllers/local/isolation/none.js';
import { listProcesses } from '../../../../controllers/local/isolation/processes.js';
import { overCores } from '../../../../controllers/local/job/overCores.js';
import { watchUsage } from '../../../../controllers/local/job/watchUsage.js';

test.each([
  ['all of its cores all the time', 200, 100, 2, false],
  ['what counting may add', 210, 100, 2, false],
  ['a start within one look', 4, 0.4, 1, false],
  ['twice its cores', 200, 100, 1, true],
  ['one core more than its sixteen', 1_700, 100, 16, false],
  ['half as many again as its sixteen', 2_400, 100, 16, true],
])('%s', (_what, coreSeconds, elapsedSeconds, coresMax, over) => {
  const isOver = overCores(coresMax);
  expect(isOver({ coreSeconds, elapsedSeconds })).toBe(false);
  expect(isOver({ coreSeconds, elapsedSeconds })).toBe(over);
});

test('a look that counted a child twice proves nothing, two in a row do', () => {
  const isOver = overCores(1);
  const looks = [100, 200, 100, 200, 200].map((coreSeconds) => isOver({ coreSeconds, elapsedSeconds: 100 }));
  expect(looks).toEqual([false, false, false, false, true]);
});

test('what the processes of a job computed together is read, and ends it', async () => {
  const own = (await listProcesses()).find(({ pid }) => pid === process.pid);
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  expect(own?.coreSeconds).toBeGreaterThan(0);
  // The kernel counts in ticks, and this process goes on.
  expect(own?.coreSeconds).toBeLessThan((userCPUTime + systemCPUTime) / 1e6 + 60);
  const processes = vi.fn(async () => [process.pid]);
  const job = {
    isolation: { ...none, processes },
    slot: 0,
    leader: 0,
    folder: '/nonexistent',
  };
  // A bound that whatever runs is beyond, so that the test need not compute for seconds.
  const limits = { coresMax: -1_000, memoryBytesMax: 2 ** 50, scratchBytesMax: 2 ** 50 };
  expect(await new Promise((told) => watchUsage(job, limits, told))).toBe('It used more than its -1000 cores.');
  expect(processes).toHaveBeenCalledTimes(2);
});
