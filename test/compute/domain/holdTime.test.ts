import { expect, test } from 'vitest';
import { holdSeconds, lastStart } from '../../../subgraphs/compute/domain/holdTime.js';

const now = new Date('2026-01-01T00:00:00Z');
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1_000);

test('a hold lasts for the wait, the job and a margin, at most thirty days', () => {
  expect(holdSeconds(now, inSeconds(3_600), 600)).toBe(3_600 + 600 + 86_400);
  expect(holdSeconds(now, inSeconds(366 * 86_400), 600)).toBe(2_592_000);
});

test('a job may begin until its window is over, or until its hold could end before it', () => {
  expect(lastStart(now, inSeconds(3_600), 600)).toEqual(inSeconds(3_600));
  expect(lastStart(now, inSeconds(366 * 86_400), 600)).toEqual(inSeconds(2_592_000 - 600 - 43_200));
});
