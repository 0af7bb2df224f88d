import type { MoneyInput } from '../../../platform/kernel/money.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import { accessLimits } from '../domain/limits.js';
import { approvalsOf, parsePart } from '../domain/review.js';
import { type Decided, type Deciding, nextStatus } from './decideOn.js';
import { decideRequest } from './decideRequest.js';
import type { Dependencies } from './dependencies.js';
import { judgeApproval, judgeFirstTime, judgeReviewer } from './judgeDecision.js';
import { parseWords } from './parseWords.js';
import type { Caller, RequestChange } from './ports.js';
import { quotedOffer } from './quotedOffer.js';

/** An approval, of all or of a part. */
export interface ApproveAccessRequestInput {
  readonly idempotencyKey: string;
  readonly accessRequestId: string;
  /** The revision that the reviewer looked at; absent: whichever stands. */
  readonly revision?: number | null | undefined;
  readonly quantity?: string | null | undefined;
  /** What it may cost at most. */
  readonly amount?: MoneyInput | null | undefined;
  readonly reason?: string | null | undefined;
}

/**
 * Agrees to a request. The last approval that is needed lets its chain go on within the call; above the limit that the
 * offer names two people are needed, and what the first agreed to is the most that the second can.
 * Refusals: OWN_REQUEST, WINDOW_INVALID for a window that is over, REQUEST_NOT_IN_REVIEW, REQUEST_ENDED,
 * REQUEST_REVISED, ALREADY_REVIEWED, INVALID_INPUT, QUANTITY_OUT_OF_RANGE, UNIT_MISMATCH, AMOUNT_NOT_POSITIVE and its like, REQUESTER_NOT_ENTITLED, IDEMPOTENCY_KEY_REUSED.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for whom the request was shown to and who is no reviewer of it
 */
export const approveAccessRequest = (
  deps: Dependencies,
  caller: Caller,
  input: ApproveAccessRequestInput,
): Promise<Result<AccessRequest, Refusal>> =>
  decideRequest(deps, caller, {
    operation: 'approveAccessRequest',
    input,
    judge: (deciding) => judge(deps, deciding, input),
  });

const windowOver = refused('WINDOW_INVALID', 'The window that was asked for is over; the requester must ask anew.');

const revisedSince = ({ revision }: AccessRequest): Refusal =>
  refused('REQUEST_REVISED', `The request was revised since; read it again, and approve revision ${revision}.`);

async function judge(
  deps: Pick<Dependencies, 'people'>,
  deciding: Deciding<AccessRequest>,
  input: ApproveAccessRequestInput,
): Promise<Result<Decided<RequestChange>, Refusal>> {
  const { store, request, now } = deciding;
  const notTheirs = judgeReviewer(deciding);
  if (notTheirs !== null) return err(notTheirs);
  const { quote, offer } = await quotedOffer(store, request.quoteId);
  if (request.status === 'IN_REVIEW' && now >= quote.endsAt) return err(windowOver);
  const open = nextStatus(deciding, 'APPROVE');
  if (!open.ok) return open;
  if (input.revision != null && input.revision !== request.revision) return err(revisedSince(request));
  const [reviews = []] = await store.requests.reviews([request.id]);
  const approvals = approvalsOf(request, reviews);
  const again = judgeFirstTime(deciding, approvals);
  if (again !== null) return err(again);
  const reason = parseWords(input.reason, ['reason'], accessLimits.reasonCharactersMax);
  if (!reason.ok) return reason;
  const part = parsePart(input, { quote, kind: offer.kind, most: request.quantityMicros });
  if (!part.ok) return part;
  const approved = judgeApproval(deps, deciding, approvals, part.value.totalMicros);
  if (!approved.ok) return approved;
  return ok({
    step: approved.value.step,
    change: { ...part.value, ...approved.value.change },
    review: { verdict: 'APPROVED', quantityMicros: part.value.quantityMicros, reason: reason.value },
  });
}
