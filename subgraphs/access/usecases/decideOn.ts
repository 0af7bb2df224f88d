import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope, type Person } from '../../../platform/auth/viewer.js';
import { once } from '../../../platform/idempotency/once.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type AccessReview, isAtRest } from '../domain/accessRequest.js';
import {
  type AccessRequestStatus,
  follow,
  isStateRefusal,
  type RequestAction,
  statusAt,
} from '../domain/requestStates.js';
import type { Dependencies } from './dependencies.js';
import type { Decision } from './ports/sagas.js';
import type { Caller, SagaName, Store } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { answerBy, inTime } from './waiting.js';

/** What can wait for people: a request for access, or an extension of a grant. */
export interface Waiting {
  readonly id: string;
  readonly status: AccessRequestStatus;
  readonly reviewDeadline: Date | null;
}

/** One in the hands of somebody who acts on it; it is locked meanwhile. */
export interface Deciding<Thing extends Waiting> {
  readonly store: Store;
  readonly person: Person;
  readonly request: Thing;
  readonly now: Date;
}

/** What people change of it, whatever it is. */
export interface StatusChange {
  readonly status: AccessRequestStatus;
  readonly decision?: Decision;
}

/** What is to be written of it. */
export interface Decided<Change extends StatusChange = StatusChange> {
  readonly step: string;
  readonly change: Change;
  readonly review?: Omit<AccessReview, 'at' | 'reviewerId' | 'revision'>;
}

/** One kind of thing that is decided on. */
export interface Docket<Thing extends Waiting, Change extends StatusChange> {
  readonly noun: string;
  /** The chain that waits. */
  readonly saga: SagaName;
  /** One that the person may see, locked; else null. */
  lock(store: Store, person: Person, id: string): Promise<Thing | null>;
  write(store: Store, deciding: Deciding<Thing>, decided: Decided<Change>): Promise<void>;
  find(store: Store, id: string): Promise<Thing | null>;
  /** One once it is at rest, or as it stands when the answer is due. */
  awaitRest(deps: Dependencies, caller: Caller, id: string): Promise<Thing | null>;
}

/** A call that acts on one. */
export interface DecisionCall<Thing extends Waiting, Change extends StatusChange> {
  readonly operation: string;
  readonly id: string;
  readonly input: object;
  /** Null where the call only sets a state. */
  readonly key: string | null;
  /** What comes of it; null where it was so already. */
  readonly judge: (deciding: Deciding<Thing>) => Promise<Result<Decided<Change> | null, Refusal>>;
}

/**
 * What all actions on a waiting thing have in common: who may see it, one at a time, one commit with its audit entry, and
 * the chain that goes on within the call.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for services that act for a person, NOT_FOUND
 */
export async function decideOn<Thing extends Waiting, Change extends StatusChange>(
  deps: Dependencies,
  caller: Caller,
  docket: Docket<Thing, Change>,
  call: DecisionCall<Thing, Change>,
): Promise<Result<Thing, Refusal>> {
  const person = requestingPerson(caller.viewer);
  if (person.actor !== null) throw forbidden('Only a person decides on a request, no service does for one.');
  const { operation, key, input, id } = call;
  const decided = await deps.database.transactionally((store) => {
    const act = () => decide(deps, { caller, person, store }, docket, call);
    if (key === null) return act();
    return once(store.sql, { scope: idempotencyScope(person), key, operation, input }, act, {
      save: () => id,
      load: async () => id,
    });
  });
  if (!decided.ok) return decided;
  // A decision lets the chain go on within the call, as long as the deadline allows.
  const found = await docket.find(deps.database, id);
  if (found !== null && !isAtRest(found)) {
    const work = deps.takeUp(docket.saga, id);
    deps.keepInSight(work);
    await inTime(work, answerBy(caller), undefined);
  }
  const request = await docket.awaitRest(deps, caller, id);
  if (request === null) throw notFound(docket.noun);
  return ok(request);
}

async function decide<Thing extends Waiting, Change extends StatusChange>(
  { clock }: Pick<Dependencies, 'clock'>,
  { caller, person, store }: { readonly caller: Caller; readonly person: Person; readonly store: Store },
  docket: Docket<Thing, Change>,
  { operation, id, judge }: DecisionCall<Thing, Change>,
): Promise<Result<string, Refusal>> {
  const request = await docket.lock(store, person, id);
  if (request === null) throw notFound(docket.noun);
  const deciding = { store, person, request, now: clock.now() };
  const judged = await judge(deciding);
  if (judged.ok && judged.value !== null) {
    await docket.write(store, deciding, judged.value);
    if (judged.value.change.decision !== undefined) await store.sagaRuns.free(id, docket.saga, deciding.now);
  }
  await writeAudit(store.sql, {
    actor: actorName(person),
    action: operation,
    target: id,
    outcome: judged.ok ? 'OK' : judged.refusal.code,
    requestId: caller.requestId,
    clientIp: caller.clientIp,
  });
  return judged.ok ? ok(id) : judged;
}

/** The status that an action leads to. Refusals: REQUEST_NOT_IN_REVIEW, REQUEST_ENDED. */
export function nextStatus(
  { request, now }: { readonly request: Waiting; readonly now: Date },
  action: RequestAction,
): Result<AccessRequestStatus, Refusal> {
  const status = statusAt(request, now);
  const next = follow(status, action);
  if (!isStateRefusal(next)) return ok(next);
  const message = next === 'REQUEST_ENDED' ? 'has ended' : 'does not wait for a decision now';
  return err(refused(next, `The request is ${status}: it ${message}.`));
}
