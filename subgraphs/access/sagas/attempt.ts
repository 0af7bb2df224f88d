import { faultpoint } from '../../../platform/faultpoint.js';
import { Fault } from '../../../platform/kernel/faults.js';
import type { Run } from '../usecases/ports/sagas.js';
import { NeverSent, type Saga, type SagaCall, type SagaStep, type StepCall, type StepResult } from './saga.js';

/** How one try of a step ended, faults included. */
export type Attempt<Facts> =
  | StepResult<Facts>
  | { readonly kind: 'UNKNOWN'; readonly error: unknown }
  | { readonly kind: 'FAULTED'; readonly error: unknown };

/** The call that a run's state asks for. */
export function callOf<Subject, Facts>(saga: Saga<Subject, Facts>, run: Run<Subject>): SagaCall<Subject, Facts> {
  const step = stepOf(saga, run);
  const call = run.state.direction === 'FORWARD' ? step.do : step.undo;
  if (call === null) throw new Error(`${saga.name}: nothing undoes ${step.name}`);
  return call;
}

/** The idempotency key of a run's call: the same at each try, a fresh one after each refusal. */
export function keyOf<Subject, Facts>(run: Run<Subject>, call: SagaCall<Subject, Facts>): string {
  const { refusals } = run.state;
  return refusals === 0 ? `${run.id}:${call.name}` : `${run.id}:${call.name}:${refusals}`;
}

/**
 * Makes a run's call once. What it throws is sorted here: only an injected fault gets out, as a crash would.
 */
export async function attempt<Subject, Facts>(
  saga: Saga<Subject, Facts>,
  run: Run<Subject>,
  call: StepCall,
): Promise<Attempt<Facts>> {
  const remote = callOf(saga, run);
  await faultpoint(`${remote.point}.before`);
  const result = await remote.run(run.subject, call).catch((error: unknown) => sortError(saga, run, error));
  await faultpoint(`${remote.point}.after`);
  return result;
}

function sortError<Subject, Facts>(saga: Saga<Subject, Facts>, run: Run<Subject>, thrown: unknown): Attempt<Facts> {
  const error = thrown instanceof NeverSent ? thrown.cause : thrown;
  const isFirstTry = run.state.attempts === 0;
  const wasNeverMade = thrown instanceof NeverSent && isFirstTry;
  if (!wasNeverMade && !wasNotDone(error)) return { kind: 'UNKNOWN', error };
  const isFirstStep =
    saga.deadlineMs !== null && run.state.direction === 'FORWARD' && stepOf(saga, run) === saga.steps[0];
  if (!isFirstStep) return { kind: 'REFUSED', refusal: saga.rejected };
  // An earlier try may still have been heard: then the caller's fault is no proof that nothing was done.
  return isFirstTry ? { kind: 'FAULTED', error } : { kind: 'GIVEN_UP', refusal: saga.rejected };
}

/** Whether a peer said that it did nothing and that asking again will not help. */
const wasNotDone = (error: unknown): boolean =>
  error instanceof Fault &&
  (error.code === 'NOT_FOUND' ||
    error.code === 'FORBIDDEN' ||
    error.code === 'UNAUTHENTICATED' ||
    error.code === 'BAD_USER_INPUT');

function stepOf<Subject, Facts>(saga: Saga<Subject, Facts>, run: Run<Subject>): SagaStep<Subject, Facts> {
  const step = saga.steps.find(({ name }) => name === run.state.step);
  if (step === undefined) throw new Error(`${saga.name} has no step ${run.state.step}`);
  return step;
}
