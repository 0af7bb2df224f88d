import type { Clock } from '../../../platform/kernel/clock.js';
import { refused } from '../../../platform/kernel/refusal.js';
import type { Decision } from '../usecases/ports/sagas.js';
import type { Saga, SagaStep, StepResult } from './saga.js';

/** What people decide on. */
interface Reviewed {
  /** Until when they may; null where nobody has to, so that there is no such step. */
  readonly reviewDeadline: Date | null;
  /** What they decided; null until then. */
  readonly decision: Decision | null;
}

/**
 * A step that waits for people and makes no call. What they decided stands with the subject; the clock judges alone where
 * nobody did in time.
 */
export const reviewStep = <Subject extends Reviewed, Facts>(point: string, clock: Clock): SagaStep<Subject, Facts> => ({
  name: 'review',
  deadlineMs: null,
  waits: true,
  do: { name: 'review', point, callees: [], run: async (subject) => judgeReview(subject, clock.now()) },
  undo: null,
});

/** A chain that waits for people once its price is reserved, which is its first step. */
export function withReview<Subject, Facts>(
  { steps, ...saga }: Saga<Subject, Facts>,
  review: SagaStep<Subject, Facts>,
): Saga<Subject, Facts> {
  const [reserve, ...rest] = steps;
  if (reserve === undefined) throw new Error('a chain begins with its price');
  return { ...saga, steps: [reserve, review, ...rest] };
}

function judgeReview<Facts>({ decision, reviewDeadline }: Reviewed, now: Date): StepResult<Facts> {
  if (decision === 'APPROVED') return { kind: 'DONE', facts: {} };
  if (decision === 'DENIED') return { kind: 'GIVEN_UP', refusal: endings.DENIED };
  if (decision === 'WITHDRAWN') return { kind: 'GIVEN_UP', refusal: endings.WITHDRAWN };
  if (reviewDeadline === null) throw new Error('what is reviewed has a deadline');
  return now < reviewDeadline
    ? { kind: 'WAITING', until: reviewDeadline }
    : { kind: 'GIVEN_UP', refusal: endings.EXPIRED };
}

/** Why a reviewed chain is undone. */
const endings = {
  DENIED: refused('REQUEST_DENIED', 'A reviewer denied the request; nothing was charged.'),
  WITHDRAWN: refused('REQUEST_WITHDRAWN', 'The request was taken back; nothing was charged.'),
  EXPIRED: refused('REVIEW_EXPIRED', 'Nobody decided in time; nothing was charged.'),
} as const;
