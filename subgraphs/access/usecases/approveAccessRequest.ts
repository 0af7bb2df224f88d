import { forbidden } from '../../../platform/kernel/faults.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import { accessLimits } from '../domain/limits.js';
import {
  approvalsNeeded,
  approvalsOf,
  isReviewer,
  judgeOwnCause,
  judgeRequester,
  parsePart,
} from '../domain/review.js';
import { type Deciding, decideRequest, nextStatus } from './decideRequest.js';
import type { Dependencies } from './dependencies.js';
import { parseWords } from './parseWords.js';
import type { Caller } from './ports.js';
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
  { people }: Pick<Dependencies, 'people'>,
  deciding: Deciding,
  input: ApproveAccessRequestInput,
): ReturnType<Parameters<typeof decideRequest>[2]['judge']> {
  const { store, person, request, now } = deciding;
  const own = judgeOwnCause(request, person);
  if (own !== null) return err(own);
  if (!isReviewer(request, person)) throw forbidden('Only its reviewers decide on a request.');
  const { quote, offer } = await quotedOffer(store, request.quoteId);
  if (request.status === 'IN_REVIEW' && now >= quote.endsAt) return err(windowOver);
  const open = nextStatus(deciding, 'APPROVE');
  if (!open.ok) return open;
  if (input.revision != null && input.revision !== request.revision) return err(revisedSince(request));
  const [reviews = []] = await store.requests.reviews([request.id]);
  const approvals = approvalsOf(request, reviews);
  if (approvals.some(({ reviewerId }) => reviewerId === person.userId)) {
    return err(refused('ALREADY_REVIEWED', 'You have agreed to this request already; it needs another person.'));
  }
  const reason = parseWords(input.reason, ['reason'], accessLimits.reasonCharactersMax);
  if (!reason.ok) return reason;
  const part = parsePart(input, { quote, kind: offer.kind, most: request.quantityMicros });
  if (!part.ok) return part;
  const notEntitled = judgeRequester(request, people.of(request.requesterId));
  if (notEntitled !== null) return err(notEntitled);
  const isLast = approvals.length + 1 >= approvalsNeeded(request, part.value.totalMicros);
  const status = nextStatus(deciding, isLast ? 'APPROVE' : 'ENDORSE');
  if (!status.ok) return status;
  return ok({
    step: isLast ? 'approve' : 'endorse',
    change: { ...part.value, status: status.value, ...(isLast ? { decision: 'APPROVED' } : {}) },
    review: { verdict: 'APPROVED', quantityMicros: part.value.quantityMicros, reason: reason.value },
  });
}
