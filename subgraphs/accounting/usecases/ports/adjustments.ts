import type { PageRequest } from '../../../../platform/kernel/cursor.js';
import type { Refusal } from '../../../../platform/kernel/refusal.js';
import type { Result } from '../../../../platform/kernel/result.js';
import type { Adjustment, AdjustmentStatus, AdjustmentTerms } from '../../domain/adjustment.js';
import type { Act, Call, Found, OutcomeIds } from '../ports.js';

/** An approval, with the id of the transfer that may come of it. */
export interface Approval {
  readonly adjustmentId: string;
  readonly transferId: string;
  /** Who approves, and their groups: nobody approves what comes to themselves. */
  readonly principals: readonly string[];
}

/** Corrections by two people. */
export interface Adjustments {
  propose(
    call: Call,
    adjustmentId: string,
    terms: Result<AdjustmentTerms, Refusal>,
  ): Promise<Result<OutcomeIds, Refusal>>;
  /** Judges, does and remembers in one transaction. */
  approve(call: Call, approval: Approval): Promise<Result<OutcomeIds, Refusal>>;
  /** Without a key, since repeating it changes nothing. */
  reject(act: Act, adjustmentId: string, reason: Result<string, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  byIds(ids: readonly string[]): Found<Adjustment>;
  /** A page, newest first, and one more. */
  page(status: AdjustmentStatus | null, page: PageRequest): Promise<readonly Adjustment[]>;
}
