import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import { decideRequest } from './decideRequest.js';
import type { Dependencies } from './dependencies.js';
import { judgeWithdrawal } from './judgeDecision.js';
import type { Caller } from './ports.js';

/** A request to take back. */
export interface WithdrawAccessRequestInput {
  readonly accessRequestId: string;
}

/**
 * Takes a request back that nobody has decided on yet. What was reserved is freed, and it is WITHDRAWN.
 * Refusals: REQUEST_NOT_IN_REVIEW, REQUEST_ENDED.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for others than the requester and the group's ADMINs whom it was shown to
 */
export const withdrawAccessRequest = (
  deps: Dependencies,
  caller: Caller,
  input: WithdrawAccessRequestInput,
): Promise<Result<AccessRequest, Refusal>> =>
  decideRequest(deps, caller, {
    operation: 'withdrawAccessRequest',
    input,
    judge: async (deciding) => judgeWithdrawal(deciding),
  });
