import { forbidden } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import { accessLimits } from '../domain/limits.js';
import { isReviewer, judgeOwnCause } from '../domain/review.js';
import { decideRequest, nextStatus } from './decideRequest.js';
import type { Dependencies } from './dependencies.js';
import { requireWords } from './parseWords.js';
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
    async judge(deciding) {
      const { person, request } = deciding;
      const own = judgeOwnCause(request, person);
      if (own !== null) return err(own);
      if (!isReviewer(request, person)) throw forbidden('Only its reviewers decide on a request.');
      const status = nextStatus(deciding, 'DENY');
      if (!status.ok) return status;
      if (status.value === request.status) return ok(null);
      const reason = requireWords(input.reason, ['reason'], accessLimits.reasonCharactersMax);
      if (!reason.ok) return reason;
      return ok({
        step: 'deny',
        change: { status: status.value, decision: 'DENIED' },
        review: { verdict: 'DENIED', quantityMicros: null, reason: reason.value },
      });
    },
  });
