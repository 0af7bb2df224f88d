import { forbidden } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import { decideRequest, nextStatus } from './decideRequest.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';

/** A request to take back. */
export interface WithdrawAccessRequestInput {
  readonly accessRequestId: string;
}

/**
 * Takes a request back that nobody has decided on yet. What was reserved is freed, and it is WITHDRAWN.
 * Refusals: REQUEST_NOT_IN_REVIEW, REQUEST_ENDED.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for others than the requester whom it was shown to
 */
export const withdrawAccessRequest = (
  deps: Dependencies,
  caller: Caller,
  input: WithdrawAccessRequestInput,
): Promise<Result<AccessRequest, Refusal>> =>
  decideRequest(deps, caller, {
    operation: 'withdrawAccessRequest',
    input,
    async judge(deciding) {
      const { person, request } = deciding;
      if (request.requesterId !== person.userId) throw forbidden('Only the requester takes a request back.');
      const status = nextStatus(deciding, 'WITHDRAW');
      if (!status.ok) return status;
      if (status.value === request.status) return ok(null);
      return ok({ step: 'withdraw', change: { status: status.value, decision: 'WITHDRAWN' } });
    },
  });
