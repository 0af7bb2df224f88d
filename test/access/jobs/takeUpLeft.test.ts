import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { takeUpLeft } from '../../../subgraphs/access/jobs/takeUpLeft.js';
import { latch } from '../../support/latch.js';

const log = pino({ level: 'silent' });
const going = new AbortController().signal;

/** A kind of saga of which so many are left, eight to be claimed at a time. */
function left(count: number, run: (number: number) => Promise<void>) {
  let next = 0;
  return async () => {
    const batch = Array.from({ length: Math.min(8, count - next) }, (_, index) => next + index);
    next += batch.length;
    return batch.map(run);
  };
}

it('ends all that can end, whatever else is slow', async () => {
  const gate = latch();
  const done = new Set<number>();
  const isSlow = (number: number): boolean => number % 8 === 0 && number < 160;
  const take = takeUpLeft(
    [
      left(200, async (number) => {
        if (isSlow(number)) await gate.opened;
        done.add(number);
      }),
    ],
    going,
    log,
  );
  const taking = take();
  await vi.waitFor(() => expect(done.size).toBe(180));
  gate.open();
  await taking;
  expect(done.size).toBe(200);
});

it('goes on where one fails, and takes of every kind', async () => {
  const done: string[] = [];
  const take = takeUpLeft(
    [
      left(40, async (number) => {
        if (number % 3 !== 2) throw new Error('the database went away');
        done.push('first');
      }),
      left(9, async () => void done.push('second')),
    ],
    going,
    log,
  );
  await Promise.all([take(), take()]);
  expect(done.filter((kind) => kind === 'first')).toHaveLength(13);
  expect(done.filter((kind) => kind === 'second')).toHaveLength(9);
  await take();
});

it('tells whoever called where nothing could be claimed, and can be called again', async () => {
  let isAway = true;
  const take = takeUpLeft(
    [
      async () => {
        if (isAway) throw new Error('the database is away');
        return [];
      },
    ],
    going,
    log,
  );
  await expect(take()).rejects.toThrow('the database is away');
  isAway = false;
  await take();
});

it('takes nothing more up once it is to stop', async () => {
  const stopping = new AbortController();
  stopping.abort();
  const run = vi.fn(async () => undefined);
  await takeUpLeft([left(8, run)], stopping.signal, log)();
  expect(run).not.toHaveBeenCalled();
});
