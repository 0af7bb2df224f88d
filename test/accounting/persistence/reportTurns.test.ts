import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeReportTurns } from '../../../subgraphs/accounting/persistence/reportTurns.js';
import { latch } from '../../support/latch.js';

const limits = { atOnceMax: 2, waitingMax: 4, waitingOfCallerMax: 3, waitMsMax: 2_000 } as const;
let turns: ReturnType<typeof makeReportTurns>;
/** Who reads now, in the order of beginning. */
let begun: string[];
beforeEach(() => {
  vi.useFakeTimers();
  turns = makeReportTurns(limits);
  begun = [];
});
afterEach(() => {
  vi.useRealTimers();
});

/** A report that reads until it is told to end. */
function report(caller: string) {
  const gate = latch();
  const ended = turns.take(caller, async () => {
    begun.push(caller);
    await gate.opened;
    return caller;
  });
  const end = () => {
    gate.open();
    return ended;
  };
  return { ended, end };
}
const settled = () => vi.advanceTimersByTimeAsync(0);

test('so many read at once, one of each caller', async () => {
  const first = report('a');
  report('a');
  report('b');
  const other = report('c');
  await settled();
  expect(begun).toEqual(['a', 'b']);
  expect(await first.end()).toBe('a');
  await settled();
  // Not the second of a, who has just read.
  expect(begun).toEqual(['a', 'b', 'c']);
  await other.end();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'a']);
});

test('who asks for many keeps others from no turn', async () => {
  const mine = [report('a'), report('a'), report('a'), report('a')];
  report('b');
  const late = report('c');
  await mine[0]?.end();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c']);
  await late.end();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'a']);
});

test('beyond what can wait it is RATE_LIMITED at once, and so is whoever waits too long', async () => {
  const first = report('a');
  report('b');
  const waiting = [report('a'), report('a'), report('a')];
  const tooMany = { code: 'RATE_LIMITED', extensions: { retryAfterSeconds: 5 } };
  await expect(report('a').ended).rejects.toMatchObject(tooMany);
  const fourth = report('c');
  await expect(report('d').ended).rejects.toMatchObject(tooMany);
  const late = Promise.allSettled([...waiting, fourth].map(({ ended }) => ended));
  await vi.advanceTimersByTimeAsync(limits.waitMsMax);
  expect((await late).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
  expect(begun).toEqual(['a', 'b']);
  // Their places are free again.
  const next = report('c');
  await first.end();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(await next.end()).toBe('c');
});

test('a report that fails gives its turn back', async () => {
  const failed = turns.take('a', () => Promise.reject(new Error('broken')));
  await expect(failed).rejects.toThrow('broken');
  expect(await turns.take('a', async () => 'read')).toBe('read');
});
