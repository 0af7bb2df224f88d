import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { SagaPlan, StepPlan } from '../domain/saga.js';
import type { KeyedCall } from '../usecases/ports/peers.js';
import type { SpendToken } from '../usecases/ports/sagas.js';
import type { SagaName } from '../usecases/ports.js';

/** What a step gets for its remote call. */
export interface StepCall extends KeyedCall {
  /** Null for a runner that took over: the person's token is gone then. */
  readonly spendToken: SpendToken | null;
}

/** How a step ended; what was learnt is written where the subject is kept. */
export type StepResult<Facts> =
  | { readonly kind: 'DONE'; readonly facts: Partial<Facts> }
  | { readonly kind: 'REFUSED'; readonly refusal: Refusal }
  | { readonly kind: 'GIVEN_UP'; readonly refusal: Refusal }
  | { readonly kind: 'PENDING' }
  /** It is for people to decide; whoever does takes the run over. */
  | { readonly kind: 'WAITING'; readonly until: Date };

/** The outcome of a remote call that makes nothing known. */
export const toStep = <Facts>(result: Result<unknown, Refusal>): StepResult<Facts> =>
  result.ok ? { kind: 'DONE', facts: {} } : { kind: 'REFUSED', refusal: result.refusal };

/** A remote call. It is made again with the same key until its outcome is known. */
export interface SagaCall<Subject, Facts> {
  /** Named in the timeline and in the idempotency key. */
  readonly name: string;
  /** Where a fault can be injected: `<point>.before` the call, and `<point>.after` its answer, before that is recorded. */
  readonly point: string;
  /** What it calls, as the fault points of the other services are named: tests break each of them. */
  readonly callees: readonly string[];
  run(subject: Subject, call: StepCall): Promise<StepResult<Facts>>;
}

/** One step of a saga. */
export interface SagaStep<Subject, Facts> extends StepPlan {
  readonly do: SagaCall<Subject, Facts>;
  /** Null where undoing an earlier step undoes this one too. */
  readonly undo: SagaCall<Subject, Facts> | null;
}

/** A chain of steps that ends completed or undone, whatever crashes. */
export interface Saga<Subject, Facts> extends SagaPlan {
  readonly name: SagaName;
  readonly steps: readonly SagaStep<Subject, Facts>[];
  /** What it fails with when its time is used up. */
  readonly timedOut: Refusal;
  /** What it fails with when a peer says that the call itself was wrong. */
  readonly rejected: Refusal;
}

/** Thrown by a step that did not come to make its call. */
export class NeverSent extends Error {
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super('the call was not made');
    this.name = 'NeverSent';
    this.cause = cause;
  }
}
