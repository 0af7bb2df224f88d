import { limits } from '../../../platform/kernel/limits.js';
import type { Money, MoneyInput } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseAmount } from './amount.js';
import { adjustmentSeconds, type LedgerLimits } from './limits.js';

/** What an adjustment does (schema/accounting/adjustment.graphql says it in words). */
export type AdjustmentKind = 'TRANSFER' | 'WAIVER';

/** How far it is; EXPIRED is told by the clock. */
export type AdjustmentStatus = 'PROPOSED' | 'APPROVED' | 'REJECTED' | 'EXPIRED';

/** A correction that one operator proposes and another decides about. */
export interface Adjustment {
  readonly id: string;
  readonly kind: AdjustmentKind;
  readonly status: AdjustmentStatus;
  readonly debitId: string;
  /** null of a WAIVER. */
  readonly creditId: string | null;
  readonly amount: Money;
  readonly reason: string;
  readonly proposedById: string;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
  readonly decidedById: string | null;
  readonly decidedAt: Date | null;
  readonly rejection: string | null;
  readonly transferId: string | null;
  readonly waived: Money | null;
}

/** What is proposed. */
export interface AdjustmentTerms {
  readonly kind: AdjustmentKind;
  readonly debitId: string;
  readonly creditId: string | null;
  readonly amount: Money;
  readonly reason: string;
  readonly expiresInSeconds: number;
}

/** A proposal as it is asked for. */
export interface AdjustmentInput {
  readonly kind?: AdjustmentKind | null | undefined;
  readonly debitAccountId: string;
  readonly creditAccountId?: string | null | undefined;
  readonly amount: MoneyInput;
  readonly reason: string;
  readonly expiresInSeconds?: number | null | undefined;
}

/** Reads why something is corrected, or not. Refusal: INVALID_INPUT. */
export const parseReason = (reason: string): Result<string, InvalidInput> =>
  parseLine(reason, ['reason'], limits.descriptionCharactersMax);

/** Reads a proposal. Refusals: those of parseAmount, INVALID_INPUT (creditAccountId, reason, expiresInSeconds). */
export function parseAdjustment(input: AdjustmentInput, ledger: LedgerLimits): Result<AdjustmentTerms, InvalidInput> {
  const kind = input.kind ?? 'TRANSFER';
  const creditId = input.creditAccountId ?? null;
  if ((kind === 'TRANSFER') !== (creditId !== null)) {
    return err(invalidInput(['creditAccountId'], 'A TRANSFER has a creditAccountId, a WAIVER has none.'));
  }
  const amount = parseAmount(input.amount, ['amount'], ledger);
  if (!amount.ok) return amount;
  const reason = parseReason(input.reason);
  if (!reason.ok) return reason;
  const expiresInSeconds = input.expiresInSeconds ?? adjustmentSeconds.default;
  if (expiresInSeconds < adjustmentSeconds.min || expiresInSeconds > adjustmentSeconds.max) {
    const message = `expiresInSeconds must be ${adjustmentSeconds.min} to ${adjustmentSeconds.max}.`;
    return err(invalidInput(['expiresInSeconds'], message));
  }
  return ok({
    kind,
    debitId: input.debitAccountId,
    creditId,
    amount: amount.value,
    reason: reason.value,
    expiresInSeconds,
  });
}
