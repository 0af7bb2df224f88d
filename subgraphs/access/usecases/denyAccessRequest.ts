import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import { decideRequest } from './decideRequest.js';
import type { Dependencies } from './dependencies.js';
import { judgeDenial } from './judgeDecision.js';
import type { Caller } from './ports.js';

/** A denial. */
export interface DenyAccessRequestInput {
  readonly accessRequestId: string;
  readonly reason: string;
}

/**
 * Says no to a request; one reviewer is enough. What was reserved is freed, and it is DENIED.
 * Refusals: OWN_REQUEST, REQUEST_NOT_IN_REVIEW, REQUEST_ENDED, INVALID_INPUT without a reason.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for whom the request was shown to and who is no reviewer of it
 */
export const denyAccessRequest = (
  deps: Dependencies,
  caller: Caller,
  input: DenyAccessRequestInput,
): Promise<Result<AccessRequest, Refusal>> =>
  decideRequest(deps, caller, {
    operation: 'denyAccessRequest',
    input,
    judge: async (deciding) => judgeDenial(deciding, input.reason),
  });
