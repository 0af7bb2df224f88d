import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../platform/kernel/clock.js';
import type { Logger } from '../../../platform/server/log.js';
import { advance, isOverdue, isStuck, type SagaState, type StepOutcome, type Transition } from '../domain/saga.js';
import type { InlineCall, Run, SagaEnd, SagaJournal, StepRecord, Stuck } from '../usecases/ports/sagas.js';
import { type Attempt, attempt, callOf, keyOf } from './attempt.js';
import type { Saga } from './saga.js';

/**
 * A longer pause than this is slept by the queue, not by a runner; one as long too, where no person's call waits for the
 * chain. So a peer that is away keeps none of the few that work for everybody, while a first step, which only the person's
 * own call can make, is tried as long as it may.
 */
const PAUSE_MS_MAX = 2_000;

/** What a runner works with. */
export interface RunTools {
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the answer of one remote call is awaited; shorter than the lease. */
  readonly callTimeoutMs: number;
  /** Aborted when the service stops: the run is handed over at once. */
  readonly stopping: AbortSignal;
}

/**
 * Takes a saga from where it stands as far as it gets: to its end, or to a pause that the queue sleeps. Before each
 * remote call the state says that it may have happened; after it, what came of it. So any other runner can go on.
 * @throws LeaseLost where another runner has taken over meanwhile
 */
export async function runSaga<Subject, Facts>(
  saga: Saga<Subject, Facts>,
  journal: SagaJournal<Subject, Facts>,
  claimed: Run<Subject>,
  tools: RunTools & InlineCall,
): Promise<SagaEnd> {
  let run = claimed;
  for (;;) {
    if (tools.stopping.aborted) {
      await journal.handOver(run, run.state, 0, null);
      return { kind: 'HANDED_OVER' };
    }
    const tried = await tryStep(saga, run, tools);
    if (tried.kind === 'FAULTED') return tried;
    if (tried.kind === 'WAITING') {
      await journal.handOver(run, run.state, tried.until.getTime() - tools.clock.now().getTime(), null);
      return { kind: 'HANDED_OVER' };
    }
    const transition = advance(saga, run.state, toOutcome(tried), tools.clock.now());
    if (transition.kind === 'REFUSED') return transition;
    const record = recordOf(saga, run, tried, transition);
    if (transition.kind === 'COMPLETED' || transition.kind === 'UNDONE') {
      await journal.finish(run, transition.kind === 'UNDONE' ? transition.failure : null, record);
      return { kind: transition.kind };
    }
    if (transition.kind === 'TRY_AGAIN') {
      const stuck = stuckAt(saga, run, tried, transition.state);
      tell(saga, run, tried, { state: transition.state, stuck }, tools.log);
      // What no person's call waits for goes to the queue from the longest pause on.
      const isLong = tools.spendToken === null ? transition.delayMs >= PAUSE_MS_MAX : transition.delayMs > PAUSE_MS_MAX;
      if (tried.kind === 'PENDING' || isLong) {
        await journal.handOver(run, transition.state, transition.delayMs, stuck);
        return { kind: 'HANDED_OVER' };
      }
      await journal.retry(run, transition.state, stuck);
      await sleep(transition.delayMs, undefined, { signal: tools.stopping }).catch(() => undefined);
      run = { ...run, state: transition.state };
    } else {
      await journal.record(run, transition.state, record);
      run = { ...run, state: transition.state, subject: { ...run.subject, ...record.facts } };
    }
  }
}

async function tryStep<Subject, Facts>(
  saga: Saga<Subject, Facts>,
  run: Run<Subject>,
  tools: RunTools & InlineCall,
): Promise<Attempt<Facts>> {
  const now = tools.clock.now();
  if (isOverdue(saga, run.state, run.startedAt, now)) return { kind: 'GIVEN_UP', refusal: saga.timedOut };
  return attempt(saga, run, {
    ...tools.trace,
    key: keyOf(run, callOf(saga, run)),
    deadlineAt: Date.now() + tools.callTimeoutMs,
    spendToken: tools.spendToken,
  });
}

/** What the rules judge: a wait is over before they are asked. */
type Judged<Facts> = Exclude<Attempt<Facts>, { kind: 'FAULTED' | 'WAITING' }>;

function toOutcome<Facts>(tried: Judged<Facts>): StepOutcome {
  return tried.kind === 'DONE' || tried.kind === 'PENDING' || tried.kind === 'UNKNOWN' ? { kind: tried.kind } : tried;
}

function recordOf<Subject, Facts>(
  saga: Saga<Subject, Facts>,
  run: Run<Subject>,
  tried: Judged<Facts>,
  transition: Transition,
): StepRecord<Facts> {
  const step = callOf(saga, run).name;
  if (tried.kind === 'DONE') return { facts: tried.facts, event: { step, result: 'OK' } };
  const isRefusal = tried.kind === 'REFUSED' || tried.kind === 'GIVEN_UP';
  return { facts: {}, event: { step, result: isRefusal ? tried.refusal.code : transition.kind } };
}

/** The alarm of a try that did not succeed; null where there is no reason for one. */
function stuckAt<Subject, Facts>(
  saga: Saga<Subject, Facts>,
  run: Run<Subject>,
  tried: Attempt<Facts>,
  state: SagaState,
): Stuck | null {
  if (tried.kind === 'PENDING' || !isStuck(saga, state)) return null;
  const outcome = tried.kind === 'REFUSED' ? tried.refusal.code : 'NO_ANSWER';
  return { call: callOf(saga, run).name, outcome };
}

/** An undo that does not succeed is an alarm: it is tried for ever, and money or a resource waits for it. */
function tell<Subject, Facts>(
  saga: Saga<Subject, Facts>,
  run: Run<Subject>,
  tried: Attempt<Facts>,
  { state, stuck }: { readonly state: SagaState; readonly stuck: Stuck | null },
  log: Logger,
): void {
  if (tried.kind === 'PENDING') return;
  const detail = {
    saga: saga.name,
    id: run.id,
    step: callOf(saga, run).name,
    attempts: state.attempts,
    ...(tried.kind === 'UNKNOWN' ? { err: tried.error } : {}),
    ...(tried.kind === 'REFUSED' ? { refusal: tried.refusal.code } : {}),
  };
  if (stuck !== null) log.error(detail, 'a saga does not come to its end');
  else log.warn(detail, 'a step of a saga is tried again');
}
