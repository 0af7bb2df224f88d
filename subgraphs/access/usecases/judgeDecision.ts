import { forbidden } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { AccessReview } from '../domain/accessRequest.js';
import { accessLimits } from '../domain/limits.js';
import {
  approvalsNeeded,
  isReviewer,
  judgeOwnCause,
  judgeRequester,
  mayWithdraw,
  type Reviewed,
} from '../domain/review.js';
import { type Decided, type Deciding, nextStatus, type Waiting } from './decideOn.js';
import type { Dependencies } from './dependencies.js';
import { requireWords } from './parseWords.js';

/** What is decided on, with who asked and who decides. */
type Pending = Waiting & Reviewed & { readonly twoPeopleAboveMicros: bigint | null };

/** Refusal OWN_REQUEST. @throws Fault FORBIDDEN for whom it was shown to and who is no reviewer of it */
export function judgeReviewer({ request, person }: Deciding<Pending>): Refusal | null {
  const own = judgeOwnCause(request, person);
  if (own !== null) return own;
  if (!isReviewer(request, person)) throw forbidden('Only its reviewers decide on a request.');
  return null;
}

/** Refusal ALREADY_REVIEWED. @param approvals those that count */
export const judgeFirstTime = ({ person }: Deciding<Pending>, approvals: readonly AccessReview[]): Refusal | null =>
  approvals.some(({ reviewerId }) => reviewerId === person.userId)
    ? refused('ALREADY_REVIEWED', 'You have agreed to this request already; it needs another person.')
    : null;

/**
 * What an approval leads to: on, or another person is needed. The requester's rights are looked at again.
 * Refusals: REQUESTER_NOT_ENTITLED, REQUEST_NOT_IN_REVIEW, REQUEST_ENDED.
 * @param approvals those that count so far @param totalMicros what is agreed to
 */
export function judgeApproval(
  { people }: Pick<Dependencies, 'people'>,
  deciding: Deciding<Pending>,
  approvals: readonly AccessReview[],
  totalMicros: bigint,
): Result<Omit<Decided, 'review'>, Refusal> {
  const { request } = deciding;
  const notEntitled = judgeRequester(request, people.of(request.requesterId));
  if (notEntitled !== null) return err(notEntitled);
  const isLast = approvals.length + 1 >= approvalsNeeded(request, totalMicros);
  const status = nextStatus(deciding, isLast ? 'APPROVE' : 'ENDORSE');
  if (!status.ok) return status;
  return ok({
    step: isLast ? 'approve' : 'endorse',
    change: { status: status.value, ...(isLast ? { decision: 'APPROVED' } : {}) },
  });
}

/**
 * What a denial leads to; null where it was denied before.
 * Refusals: OWN_REQUEST, REQUEST_NOT_IN_REVIEW, REQUEST_ENDED, INVALID_INPUT without a reason. @throws Fault FORBIDDEN
 */
export function judgeDenial(deciding: Deciding<Pending>, given: string): Result<Decided | null, Refusal> {
  const notTheirs = judgeReviewer(deciding);
  if (notTheirs !== null) return err(notTheirs);
  const status = nextStatus(deciding, 'DENY');
  if (!status.ok) return status;
  if (status.value === deciding.request.status) return ok(null);
  const reason = requireWords(given, ['reason'], accessLimits.reasonCharactersMax);
  if (!reason.ok) return reason;
  return ok({
    step: 'deny',
    change: { status: status.value, decision: 'DENIED' },
    review: { verdict: 'DENIED', quantityMicros: null, reason: reason.value },
  });
}

/** What taking it back leads to; null where it was before. Refusals: as nextStatus. @throws Fault FORBIDDEN for others */
export function judgeWithdrawal(deciding: Deciding<Pending>): Result<Decided | null, Refusal> {
  const { person, request } = deciding;
  if (!mayWithdraw(request, person)) throw forbidden('Only the requester and the ADMINs of its group take it back.');
  const status = nextStatus(deciding, 'WITHDRAW');
  if (!status.ok) return status;
  if (status.value === request.status) return ok(null);
  return ok({ step: 'withdraw', change: { status: status.value, decision: 'WITHDRAWN' } });
}
