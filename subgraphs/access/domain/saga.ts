import type { Refusal } from '../../../platform/kernel/refusal.js';

/** Which way a saga is going. */
export type SagaDirection = 'FORWARD' | 'UNDOING';

/** What is kept of a saga between two remote calls. */
export interface SagaState {
  readonly direction: SagaDirection;
  /** The step that is tried: whether it happened is unknown until its outcome is recorded. */
  readonly step: string;
  /** Tries of this step whose outcome is unknown. */
  readonly attempts: number;
  /** Refusals of this step; a fresh idempotency key is made for each. */
  readonly refusals: number;
  /** When this step was tried first. */
  readonly stepSince: Date;
  /** Why it is being undone; null while it goes forward. */
  readonly failure: Refusal | null;
}

/** What the rules need to know of a step. */
export interface StepPlan {
  readonly name: string;
  /** How long it is tried before the saga gives up; null: without end. */
  readonly deadlineMs: number | null;
  /** It waits for people: time does not count against the chain meanwhile. */
  readonly waits?: true;
  /**
   * What it does is not undone: once it is tried, its outcome is waited for, however long. So that whatever can be refused
   * stands before it, it is the last step.
   */
  readonly commits?: true;
  readonly undo: object | null;
}

/** What the rules need to know of a saga. */
export interface SagaPlan {
  /** In order; at least one. */
  readonly steps: readonly StepPlan[];
  /** How long it may go forward before it is undone; null: it never gives up. */
  readonly deadlineMs: number | null;
}

/** How one try of a step ended. */
export type StepOutcome =
  | { readonly kind: 'DONE' }
  /** It did not happen and will not. */
  | { readonly kind: 'REFUSED'; readonly refusal: Refusal }
  /** It cannot be found out, or need not be: undo it and all before it. */
  | { readonly kind: 'GIVEN_UP'; readonly refusal: Refusal }
  /** It is under way at the other side; ask again. */
  | { readonly kind: 'PENDING' }
  /** No answer: it may or may not have happened. */
  | { readonly kind: 'UNKNOWN' };

/** What comes next. */
export type Transition =
  | { readonly kind: 'GO_ON'; readonly state: SagaState }
  | { readonly kind: 'TRY_AGAIN'; readonly state: SagaState; readonly delayMs: number }
  | { readonly kind: 'COMPLETED' }
  /** The very first step was refused: there is nothing to undo. */
  | { readonly kind: 'REFUSED'; readonly refusal: Refusal }
  | { readonly kind: 'UNDONE'; readonly failure: Refusal };

const DELAY_MS_FIRST = 100;
const DELAY_MS_MAX_FORWARD = 2_000;
const DELAY_MS_MAX_UNDOING = 60_000;
const DELAY_MS_FIRST_PENDING = 1_000;
const DELAY_MS_MAX_PENDING = 30_000;

/** From this many tries of one call on, a saga that must come to its end is stuck, and somebody should look. */
const ALARM_ATTEMPTS = 5;

/**
 * Whether a run is stuck: an undo, a step that commits, or a saga without deadline, that has had no answer or a refusal again and again. It is
 * tried for ever all the same. One that waits for the other side (PENDING) is not stuck.
 */
export const isStuck = (plan: SagaPlan, state: SagaState): boolean =>
  (state.direction === 'UNDOING' || plan.deadlineMs === null || stepOf(plan, state).commits === true) &&
  state.attempts >= ALARM_ATTEMPTS;

/** The state in which a saga begins. */
export function firstState(plan: SagaPlan, now: Date): SagaState {
  const [first] = plan.steps;
  if (first === undefined) throw new Error('a saga has at least one step');
  return atStep('FORWARD', first.name, now, null);
}

/** Whether a saga that still goes forward has used up its time, or its step's. */
export function isOverdue(plan: SagaPlan, state: SagaState, startedAt: Date, now: Date): boolean {
  if (state.direction === 'UNDOING') return false;
  const { deadlineMs: stepDeadlineMs, waits, commits } = stepOf(plan, state);
  if (waits || commits) return false;
  const chainMs = now.getTime() - startedAt.getTime();
  const stepMs = now.getTime() - state.stepSince.getTime();
  return (
    (plan.deadlineMs !== null && chainMs >= plan.deadlineMs) || (stepDeadlineMs !== null && stepMs >= stepDeadlineMs)
  );
}

/** What follows from the outcome of a try. */
export function advance(plan: SagaPlan, state: SagaState, outcome: StepOutcome, now: Date): Transition {
  switch (outcome.kind) {
    case 'UNKNOWN':
      return tryAgain({ ...state, attempts: state.attempts + 1 }, forDirection(pace(plan, state)));
    case 'PENDING':
      return tryAgain({ ...state, attempts: state.attempts + 1 }, [DELAY_MS_FIRST_PENDING, DELAY_MS_MAX_PENDING]);
    case 'DONE':
      return state.direction === 'FORWARD' ? forward(plan, state, now) : undoBefore(plan, state, failureOf(state), now);
    case 'GIVEN_UP':
      return undoFrom(plan, positionOf(plan, state), outcome.refusal, now);
    case 'REFUSED':
      return refusedAt(plan, state, outcome.refusal, now);
  }
}

function forward(plan: SagaPlan, state: SagaState, now: Date): Transition {
  const next = plan.steps[positionOf(plan, state) + 1];
  if (next === undefined) return { kind: 'COMPLETED' };
  return { kind: 'GO_ON', state: atStep('FORWARD', next.name, now, null) };
}

function refusedAt(plan: SagaPlan, state: SagaState, refusal: Refusal, now: Date): Transition {
  // An undo, and a saga that must complete, are not refused for ever: they try again under a fresh key.
  if (state.direction === 'UNDOING' || plan.deadlineMs === null) {
    const again = { ...state, attempts: state.attempts + 1, refusals: state.refusals + 1 };
    return tryAgain(again, forDirection('UNDOING'));
  }
  if (positionOf(plan, state) === 0) return { kind: 'REFUSED', refusal };
  return undoBefore(plan, state, refusal, now);
}

const undoBefore = (plan: SagaPlan, state: SagaState, failure: Refusal, now: Date): Transition =>
  undoFrom(plan, positionOf(plan, state) - 1, failure, now);

/** Goes to the last step up to a position that has something to undo. */
function undoFrom(plan: SagaPlan, position: number, failure: Refusal, now: Date): Transition {
  const step = plan.steps.slice(0, position + 1).findLast(({ undo }) => undo !== null);
  if (step === undefined) return { kind: 'UNDONE', failure };
  return { kind: 'GO_ON', state: atStep('UNDOING', step.name, now, failure) };
}

/** The pause doubles with each try, between two bounds. */
function tryAgain(state: SagaState, [firstMs, maxMs]: readonly [number, number]): Transition {
  // Beyond 2^20 the bound rules anyway; the exponent is kept small so that it stays a finite number.
  const delayMs = Math.min(firstMs * 2 ** Math.min(state.attempts - 1, 20), maxMs);
  return { kind: 'TRY_AGAIN', state, delayMs };
}

/** What is waited for however long is asked for ever more seldom. */
const pace = (plan: SagaPlan, state: SagaState): SagaDirection =>
  stepOf(plan, state).commits === true || plan.deadlineMs === null ? 'UNDOING' : state.direction;

const forDirection = (direction: SagaDirection): readonly [number, number] => [
  DELAY_MS_FIRST,
  direction === 'FORWARD' ? DELAY_MS_MAX_FORWARD : DELAY_MS_MAX_UNDOING,
];

const atStep = (direction: SagaDirection, step: string, stepSince: Date, failure: Refusal | null): SagaState => ({
  direction,
  step,
  attempts: 0,
  refusals: 0,
  stepSince,
  failure,
});

function positionOf(plan: SagaPlan, state: SagaState): number {
  const position = plan.steps.findIndex(({ name }) => name === state.step);
  if (position < 0) throw new Error(`the saga has no step ${state.step}`);
  return position;
}

function stepOf(plan: SagaPlan, state: SagaState): StepPlan {
  const step = plan.steps[positionOf(plan, state)];
  if (step === undefined) throw new Error(`the saga has no step ${state.step}`);
  return step;
}

function failureOf(state: SagaState): Refusal {
  if (state.failure === null) throw new Error('a saga that is undone knows why');
  return state.failure;
}
