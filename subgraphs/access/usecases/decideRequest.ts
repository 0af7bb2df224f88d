import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope, type Person } from '../../../platform/auth/viewer.js';
import { once } from '../../../platform/idempotency/once.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type AccessRequest, type AccessReview, isAtRest } from '../domain/accessRequest.js';
import {
  type AccessRequestStatus,
  follow,
  isStateRefusal,
  type RequestAction,
  statusAt,
} from '../domain/requestStates.js';
import { awaitRest } from './awaitRest.js';
import type { Dependencies } from './dependencies.js';
import type { Caller, RequestChange, Store } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { maySeeRequest } from './visibility.js';
import { answerBy, inTime } from './waiting.js';

/** A request in the hands of somebody who acts on it; it is locked meanwhile. */
export interface Deciding {
  readonly store: Store;
  readonly person: Person;
  readonly request: AccessRequest;
  readonly now: Date;
}

/** What is to be written of it. */
interface Decided {
  readonly step: string;
  readonly change: RequestChange;
  readonly review?: Omit<AccessReview, 'at' | 'reviewerId' | 'revision'>;
}

/** A call that acts on a request. */
interface DecisionCall {
  readonly operation: string;
  readonly input: { readonly accessRequestId: string; readonly idempotencyKey?: string };
  /** What comes of it; null where it was so already. */
  readonly judge: (deciding: Deciding) => Promise<Result<Decided | null, Refusal>>;
}

/**
 * What all actions on a waiting request have in common: who may see it, one at a time, one commit with its line in the
 * timeline and its audit entry, and the chain that goes on within the call.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for services that act for a person, NOT_FOUND
 */
export async function decideRequest(
  deps: Dependencies,
  caller: Caller,
  call: DecisionCall,
): Promise<Result<AccessRequest, Refusal>> {
  const person = requestingPerson(caller.viewer);
  if (person.actor !== null) throw forbidden('Only a person decides on a request, no service does for one.');
  const decided = await deps.database.transactionally((store) => {
    const act = () => decide(deps, { caller, person, store }, call);
    const { idempotencyKey: key } = call.input;
    if (key === undefined) return act();
    const { operation, input } = call;
    return once(store.sql, { scope: idempotencyScope(person), key, operation, input }, act, {
      save: (id) => id,
      load: async (id) => String(id),
    });
  });
  if (!decided.ok) return decided;
  const id = decided.value;
  // A decision lets the chain go on within the call, as long as the deadline allows.
  const found = await deps.database.requests.find(id);
  if (found !== null && !isAtRest(found)) {
    const work = deps.takeUp('reviewedAccess', id);
    deps.keepInSight(work);
    await inTime(work, answerBy(caller), undefined);
  }
  const request = await awaitRest(deps, caller, id);
  if (request === null) throw notFound('request');
  return ok(request);
}

async function decide(
  { clock }: Pick<Dependencies, 'clock'>,
  { caller, person, store }: { readonly caller: Caller; readonly person: Person; readonly store: Store },
  { operation, input, judge }: DecisionCall,
): Promise<Result<string, Refusal>> {
  const id = input.accessRequestId;
  const request = isId('request', id) ? await store.requests.lock(id) : null;
  if (request === null || !maySeeRequest(person, request)) throw notFound('request');
  const now = clock.now();
  const judged = await judge({ store, person, request, now });
  if (judged.ok && judged.value !== null) await write(store, { person, request, now }, judged.value);
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

async function write(
  { requests, sagaRuns }: Store,
  { person, request, now }: Omit<Deciding, 'store'>,
  { step, change, review }: Decided,
): Promise<void> {
  const reviewerId = person.userId;
  if (review !== undefined) {
    await requests.addReview(request.id, { ...review, reviewerId, revision: request.revision });
  }
  await requests.change(request.id, change, { step, actor: reviewerId });
  if (change.decision !== undefined) await sagaRuns.free(request.id, 'reviewedAccess', now);
}

/** The status that an action leads to. Refusals: REQUEST_NOT_IN_REVIEW, REQUEST_ENDED. */
export function nextStatus(
  { request, now }: Pick<Deciding, 'request' | 'now'>,
  action: RequestAction,
): Result<AccessRequestStatus, Refusal> {
  const status = statusAt(request, now);
  const next = follow(status, action);
  if (!isStateRefusal(next)) return ok(next);
  const message = next === 'REQUEST_ENDED' ? 'has ended' : 'does not wait for a decision now';
  return err(refused(next, `The request is ${status}: it ${message}.`));
}
