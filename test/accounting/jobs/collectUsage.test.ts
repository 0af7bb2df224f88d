import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeLogger } from '../../../platform/server/log.js';
import { startCollectingUsage } from '../../../subgraphs/accounting/jobs/collectUsage.js';
import type { UsageRecords } from '../../../subgraphs/accounting/usecases/ports/usage.js';

const log = makeLogger('accounting', 'silent');
/** The job uses nothing else of the port. */
const usageThat = (collect: () => Promise<number>) => ({ collect }) as UsageRecords;

describe('collecting what is owed', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('takes rounds every minute until nothing is left, a bounded number of them', async () => {
    const left = [2, 1, 0, 0];
    const collect = vi.fn(async () => left.shift() ?? 1);
    const collecting = startCollectingUsage(usageThat(collect), log);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(collect).toHaveBeenCalledTimes(3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(collect).toHaveBeenCalledTimes(4);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(collect).toHaveBeenCalledTimes(24);
    await collecting.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(collect).toHaveBeenCalledTimes(24);
  });

  it('goes on after a round that failed', async () => {
    const collect = vi.fn(async () => 0).mockRejectedValueOnce(new Error('no database'));
    const collecting = startCollectingUsage(usageThat(collect), log);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(collect).toHaveBeenCalledTimes(2);
    await collecting.stop();
  });
});
