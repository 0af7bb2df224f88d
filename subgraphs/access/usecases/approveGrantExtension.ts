import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Extension } from '../domain/extension.js';
import { accessLimits } from '../domain/limits.js';
import { decideExtension } from './decideExtension.js';
import { nextStatus } from './decideOn.js';
import type { Dependencies } from './dependencies.js';
import { judgeApproval, judgeFirstTime, judgeReviewer } from './judgeDecision.js';
import { parseWords } from './parseWords.js';
import type { Caller } from './ports.js';

/** An approval of an extension. */
export interface ApproveGrantExtensionInput {
  readonly idempotencyKey: string;
  readonly extensionId: string;
  readonly reason?: string | null | undefined;
}

/**
 * Agrees to an extension, all of it. The last approval that is needed lets its chain go on within the call; above the limit
 * that the offer names two people are needed.
 * Refusals: OWN_REQUEST, REQUEST_NOT_IN_REVIEW, REQUEST_ENDED, GRANT_NOT_ACTIVE where the grant is being ended,
 * ALREADY_REVIEWED, INVALID_INPUT, REQUESTER_NOT_ENTITLED, IDEMPOTENCY_KEY_REUSED.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for whom it was shown to and who is no reviewer of it
 */
export const approveGrantExtension = (
  deps: Dependencies,
  caller: Caller,
  input: ApproveGrantExtensionInput,
): Promise<Result<Extension, Refusal>> =>
  decideExtension(deps, caller, {
    operation: 'approveGrantExtension',
    input,
    async judge(deciding) {
      const { store, request } = deciding;
      const notTheirs = judgeReviewer(deciding);
      if (notTheirs !== null) return err(notTheirs);
      const open = nextStatus(deciding, 'APPROVE');
      if (!open.ok) return open;
      const [grant] = await store.grants.byIds([request.grantId]);
      if (grant?.state !== 'OPEN') return err(refused('GRANT_NOT_ACTIVE', 'The grant is being ended.'));
      const [reviews = []] = await store.extensions.reviews([request.id]);
      const approvals = reviews.filter(({ verdict }) => verdict === 'APPROVED');
      const again = judgeFirstTime(deciding, approvals);
      if (again !== null) return err(again);
      const reason = parseWords(input.reason, ['reason'], accessLimits.reasonCharactersMax);
      if (!reason.ok) return reason;
      const approved = judgeApproval(deps, deciding, approvals, request.totalMicros);
      if (!approved.ok) return approved;
      const { addedQuantityMicros: quantityMicros } = request;
      return ok({ ...approved.value, review: { verdict: 'APPROVED', quantityMicros, reason: reason.value } });
    },
  });
