import { describe, expect, it } from 'vitest';
import { refused } from '../../../platform/kernel/refusal.js';
import {
  advance,
  firstState,
  isOverdue,
  type SagaPlan,
  type SagaState,
  type StepOutcome,
  type Transition,
} from '../../../subgraphs/access/domain/saga.js';

const now = new Date('2026-01-01T00:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);
const why = refused('CHAIN_TIMED_OUT', 'late');
const plan: SagaPlan = {
  deadlineMs: 900_000,
  steps: [
    { name: 'a', deadlineMs: 60_000, undo: {} },
    { name: 'b', deadlineMs: null, undo: {} },
    { name: 'c', deadlineMs: null, undo: null },
  ],
};
const endless: SagaPlan = { deadlineMs: null, steps: [{ name: 'a', deadlineMs: null, undo: null }] };

const at = (direction: 'FORWARD' | 'UNDOING', step: string, over: Partial<SagaState> = {}): SagaState => ({
  direction,
  step,
  attempts: 0,
  refusals: 0,
  stepSince: now,
  failure: direction === 'UNDOING' ? why : null,
  ...over,
});

const DONE: StepOutcome = { kind: 'DONE' };
const REFUSED: StepOutcome = { kind: 'REFUSED', refusal: why };
const GIVEN_UP: StepOutcome = { kind: 'GIVEN_UP', refusal: why };
const PENDING: StepOutcome = { kind: 'PENDING' };
const UNKNOWN: StepOutcome = { kind: 'UNKNOWN' };

const goOn = (state: SagaState): Transition => ({ kind: 'GO_ON', state });
const again = (state: SagaState, delayMs: number, refusals = 0): Transition => ({
  kind: 'TRY_AGAIN',
  state: { ...state, attempts: state.attempts + 1, refusals },
  delayMs,
});

const forward = (step: string) => at('FORWARD', step);
const undoing = (step: string) => at('UNDOING', step);

describe('advance', () => {
  it.each<[SagaState, StepOutcome, Transition]>([
    [forward('a'), DONE, goOn(forward('b'))],
    [forward('a'), REFUSED, { kind: 'REFUSED', refusal: why }],
    [forward('a'), GIVEN_UP, goOn(undoing('a'))],
    [forward('a'), PENDING, again(forward('a'), 1_000)],
    [forward('a'), UNKNOWN, again(forward('a'), 100)],
    [forward('b'), DONE, goOn(forward('c'))],
    [forward('b'), REFUSED, goOn(undoing('a'))],
    [forward('b'), GIVEN_UP, goOn(undoing('b'))],
    [forward('b'), PENDING, again(forward('b'), 1_000)],
    [forward('b'), UNKNOWN, again(forward('b'), 100)],
    [forward('c'), DONE, { kind: 'COMPLETED' }],
    [forward('c'), REFUSED, goOn(undoing('b'))],
    [forward('c'), GIVEN_UP, goOn(undoing('b'))],
    [forward('c'), PENDING, again(forward('c'), 1_000)],
    [forward('c'), UNKNOWN, again(forward('c'), 100)],
    [undoing('b'), DONE, goOn(undoing('a'))],
    [undoing('b'), REFUSED, again(undoing('b'), 100, 1)],
    [undoing('b'), PENDING, again(undoing('b'), 1_000)],
    [undoing('b'), UNKNOWN, again(undoing('b'), 100)],
    [undoing('a'), DONE, { kind: 'UNDONE', failure: why }],
    [undoing('a'), REFUSED, again(undoing('a'), 100, 1)],
    [undoing('a'), UNKNOWN, again(undoing('a'), 100)],
  ])('%j and %j', (state, outcome, transition) => {
    expect(advance(plan, state, outcome, now)).toEqual(transition);
  });

  it('lets a saga that must complete try a refused step again under a fresh key', () => {
    expect(advance(endless, at('FORWARD', 'a'), REFUSED, now)).toEqual(again(at('FORWARD', 'a'), 100, 1));
  });

  it('doubles the pauses up to a bound: 2 s forward, 30 s while pending, 60 s undoing', () => {
    const pause = (state: SagaState, outcome: StepOutcome, of = plan) => {
      const transition = advance(of, state, outcome, now);
      return transition.kind === 'TRY_AGAIN' ? transition.delayMs : null;
    };
    expect(pause(at('FORWARD', 'b', { attempts: 3 }), UNKNOWN)).toBe(800);
    expect(pause(at('FORWARD', 'b', { attempts: 99 }), UNKNOWN)).toBe(2_000);
    expect(pause(at('FORWARD', 'b', { attempts: 99 }), PENDING)).toBe(30_000);
    expect(pause(at('UNDOING', 'b', { attempts: 9 }), UNKNOWN)).toBe(51_200);
    // What has no deadline is waited for as an undo is.
    expect(pause(at('FORWARD', 'a', { attempts: 99 }), UNKNOWN, endless)).toBe(60_000);
    expect(pause(at('UNDOING', 'b', { attempts: 2_000 }), REFUSED)).toBe(60_000);
  });

  it('crashes on a state that is none', () => {
    expect(() => advance(plan, at('FORWARD', 'x'), DONE, now)).toThrow('no step x');
    expect(() => advance(plan, at('UNDOING', 'b', { failure: null }), DONE, now)).toThrow('knows why');
    expect(() => firstState({ deadlineMs: null, steps: [] }, now)).toThrow('at least one step');
    expect(() => isOverdue(plan, at('FORWARD', 'x'), now, now)).toThrow('no step x');
  });
});

describe('isOverdue', () => {
  it('tells by the step and by the whole saga, but never of an undo or a saga without deadline', () => {
    expect(isOverdue(plan, firstState(plan, now), now, later(59_999))).toBe(false);
    expect(isOverdue(plan, firstState(plan, now), now, later(60_000))).toBe(true);
    expect(isOverdue(plan, at('FORWARD', 'b', { stepSince: later(899_000) }), now, later(899_999))).toBe(false);
    expect(isOverdue(plan, at('FORWARD', 'b', { stepSince: later(899_000) }), now, later(900_000))).toBe(true);
    expect(isOverdue(plan, at('UNDOING', 'a'), now, later(10 ** 10))).toBe(false);
    const waiting: SagaPlan = { deadlineMs: 1, steps: [{ name: 'w', deadlineMs: null, waits: true, undo: null }] };
    expect(isOverdue(waiting, at('FORWARD', 'w'), now, later(10 ** 10))).toBe(false);
    expect(isOverdue(endless, at('FORWARD', 'a'), now, later(10 ** 10))).toBe(false);
  });
});
