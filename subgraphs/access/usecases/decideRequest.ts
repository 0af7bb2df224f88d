import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import { awaitRest } from './awaitRest.js';
import { type DecisionCall, type Docket, decideOn } from './decideOn.js';
import type { Dependencies } from './dependencies.js';
import type { Caller, RequestChange } from './ports.js';
import { maySeeRequest } from './visibility.js';

/** A call that acts on a request. */
interface RequestCall extends Pick<DecisionCall<AccessRequest, RequestChange>, 'operation' | 'judge'> {
  readonly input: { readonly accessRequestId: string; readonly idempotencyKey?: string };
}

const requests: Docket<AccessRequest, RequestChange> = {
  noun: 'request',
  saga: 'reviewedAccess',
  async lock(store, person, id) {
    const found = isId('request', id) ? await store.requests.lock(id) : null;
    return found !== null && maySeeRequest(person, found) ? found : null;
  },
  async write(store, { person, request }, { step, change, review }) {
    const reviewerId = person.userId;
    if (review !== undefined) {
      await store.requests.addReview(request.id, { ...review, reviewerId, revision: request.revision });
    }
    // The timeline has a line of it.
    await store.requests.change(request.id, change, { step, actor: reviewerId });
  },
  find: (store, id) => store.requests.find(id),
  awaitRest,
};

/** Acts on a request that waits for people (decideOn). */
export const decideRequest = (
  deps: Dependencies,
  caller: Caller,
  { operation, input, judge }: RequestCall,
): Promise<Result<AccessRequest, Refusal>> =>
  decideOn(deps, caller, requests, {
    operation,
    id: input.accessRequestId,
    input,
    key: input.idempotencyKey ?? null,
    judge,
  });
