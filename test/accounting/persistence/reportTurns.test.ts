import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeReportTurns } from '../../../subgraphs/accounting/persistence/reportTurns.js';
import { latch } from '../../support/latch.js';

const limits = { atOnceMax: 2, waitingMax: 4, waitingOfCallerMax: 3, waitMsMax: 2_000, stayMsMax: 7_000 } as const;
const tooMany = { code: 'RATE_LIMITED', extensions: { retryAfterSeconds: 5 } };
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

test('who waits for reports of their own is not late', async () => {
  const reports = [report('a'), report('a'), report('a'), report('a')];
  for (const own of reports) {
    await vi.advanceTimersByTimeAsync(limits.waitMsMax - 200);
    expect(await own.end()).toBe('a');
  }
  expect(begun).toEqual(['a', 'a', 'a', 'a']);
});

test('when their own report has ended, others may delay the next for so long', async () => {
  const first = report('a');
  const second = report('a');
  report('b');
  report('c');
  await vi.advanceTimersByTimeAsync(limits.waitMsMax - 1);
  await first.end();
  const late = expect(second.ended).rejects.toMatchObject(tooMany);
  await vi.advanceTimersByTimeAsync(limits.waitMsMax - 1);
  const answered = vi.fn();
  second.ended.catch(answered);
  await settled();
  expect(answered).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await late;
  expect(begun).toEqual(['a', 'b', 'c']);
});

test('nobody waits longer than their operation lasts', async () => {
  const first = report('a');
  const late = expect(report('a').ended).rejects.toMatchObject(tooMany);
  await vi.advanceTimersByTimeAsync(limits.stayMsMax);
  await late;
  await first.end();
  await settled();
  expect(begun).toEqual(['a']);
});

test('a caller who comes late has the next turn, however much others wait for', async () => {
  const reports = ['a', 'b', 'c', 'a', 'b', 'd'].map((caller) => report(caller));
  for (const each of [0, 1, 2]) {
    await reports[each]?.end();
    await settled();
  }
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'a']);
});

test('beyond what one caller can wait for it is RATE_LIMITED at once, and so is whoever others delay too long', async () => {
  const first = report('a');
  report('b');
  for (let own = 0; own < 3; own += 1) report('a');
  await expect(report('a').ended).rejects.toMatchObject(tooMany);
  const late = expect(report('c').ended).rejects.toMatchObject(tooMany);
  await vi.advanceTimersByTimeAsync(limits.waitMsMax);
  await late;
  expect(begun).toEqual(['a', 'b']);
  // The place is free again.
  const next = report('c');
  await first.end();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(await next.end()).toBe('c');
});

test('where all places are taken, whoever has most gives their newest to a caller who has none', async () => {
  const first = report('a');
  const second = report('b');
  const [kept, given] = [report('a'), report('a')];
  report('b');
  report('c');
  const evicted = expect(given.ended).rejects.toMatchObject(tooMany);
  const newcomer = report('d');
  await evicted;
  await first.end();
  await second.end();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  expect(await newcomer.end()).toBe('d');
  await settled();
  expect(await kept.end()).toBe('a');
});

test('where all places are taken, nobody takes a second, nor the only one of another', async () => {
  report('a');
  report('b');
  const waiting = ['a', 'b', 'c', 'd'].map((caller) => report(caller));
  const refused = vi.fn();
  for (const { ended } of waiting) ended.catch(refused);
  await expect(report('c').ended).rejects.toMatchObject(tooMany);
  await expect(report('e').ended).rejects.toMatchObject(tooMany);
  await settled();
  expect(refused).not.toHaveBeenCalled();
});

test('a report that fails gives its turn back', async () => {
  const failed = turns.take('a', () => Promise.reject(new Error('broken')));
  await expect(failed).rejects.toThrow('broken');
  expect(await turns.take('a', async () => 'read')).toBe('read');
});
