import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeBatcher } from '../../../subgraphs/accounting/persistence/microBatcher.js';

const options = { itemsMax: 3, waitMs: 5, inFlightMax: 2 };

/** A process that waits to be told, and writes down what it was given. */
function heldProcess() {
  const batches: (readonly number[])[] = [];
  const ends: (() => void)[] = [];
  let running = 0;
  let runningMost = 0;
  return {
    batches,
    most: () => runningMost,
    endNext: () => ends.shift()?.(),
    async process(items: readonly number[]): Promise<readonly number[]> {
      batches.push(items);
      running += 1;
      runningMost = Math.max(runningMost, running);
      await new Promise<void>((resolve) => void ends.push(resolve));
      running -= 1;
      return items.map((item) => item * 10);
    },
  };
}

describe('makeBatcher', () => {
  it('flushes at once when idle, and gathers what is submitted side by side', async () => {
    const held = heldProcess();
    const batcher = makeBatcher(held.process, options);
    const answers = Promise.all([batcher.submit(1), batcher.submit(2)]);
    await sleep(1);
    expect(held.batches).toEqual([[1, 2]]);
    held.endNext();
    expect(await answers).toEqual([10, 20]);
  });

  it('keeps two in flight at the most, full or after their time, and gathers meanwhile', async () => {
    const held = heldProcess();
    const batcher = makeBatcher(held.process, options);
    const answers = Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map((item) => batcher.submit(item)));
    await sleep(20);
    expect(held.batches).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    while (held.batches.length < 3) {
      held.endNext();
      await sleep(1);
    }
    for (let n = 0; n < 3; n += 1) held.endNext();
    expect(await answers).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(held.most()).toBe(2);
    await batcher.drained();
  });

  it('sends a lone item after its time while another batch is in flight', async () => {
    const held = heldProcess();
    const batcher = makeBatcher(held.process, options);
    const first = batcher.submit(1);
    await sleep(1);
    const second = batcher.submit(2);
    await sleep(20);
    expect(held.batches).toEqual([[1], [2]]);
    held.endNext();
    held.endNext();
    expect(await Promise.all([first, second])).toEqual([10, 20]);
  });

  it('gives an error to every item of its batch, and goes on', async () => {
    let broken = true;
    const batcher = makeBatcher(async (items: readonly number[]) => {
      if (broken) throw new Error('gone');
      return items;
    }, options);
    const failed = await Promise.allSettled([batcher.submit(1), batcher.submit(2)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    expect(await batcher.submit(3)).toBe(3);
    await batcher.drained();
  });

  it('takes no answer in part', async () => {
    const batcher = makeBatcher(async () => [], options);
    await expect(batcher.submit(1)).rejects.toThrow('in part');
  });
});
