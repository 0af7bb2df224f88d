import { describe, expect, test } from 'vitest';
import {
  canMove,
  isFinal,
  isLive,
  type JobStatus,
  mayHaveStarted,
} from '../../../subgraphs/compute/domain/jobStatus.js';

const all: readonly JobStatus[] = [
  'PENDING',
  'CLAIMED',
  'QUEUED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
  'NODE_FAILED',
];
const final = all.slice(4);

/** From each status: where a report may lead. */
const moves: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  PENDING: [],
  CLAIMED: ['CLAIMED', 'QUEUED', 'RUNNING', ...final],
  QUEUED: ['QUEUED', 'RUNNING', ...final],
  RUNNING: ['RUNNING', ...final],
  COMPLETED: [],
  FAILED: [],
  CANCELLED: [],
  TIMED_OUT: [],
  NODE_FAILED: [],
};

describe.each(all)('from %s', (from) => {
  test.each(all)('to %s', (to) => {
    expect(canMove(from, to)).toBe(moves[from].includes(to));
  });
});

test('final and live statuses are told apart, and those that may have begun', () => {
  expect(all.filter(isFinal)).toEqual(final);
  expect(all.filter(isLive)).toEqual(['CLAIMED', 'QUEUED', 'RUNNING']);
  expect(all.filter(mayHaveStarted)).toEqual(['QUEUED', 'RUNNING']);
});
