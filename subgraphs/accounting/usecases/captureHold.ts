import { faultpoint } from '../../../platform/faultpoint.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { parseAmount } from '../domain/amount.js';
import type { Hold } from '../domain/hold.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, CapturePosting, Holds, Ledger, OutcomeIds } from './ports.js';
import { settleableHold } from './settleableHold.js';

/** Input of `captureHold`. */
interface CaptureHoldInput extends KeyedInput {
  readonly holdId: string;
  readonly amount: MoneyInput;
  readonly final?: boolean | null;
}

interface Deps {
  readonly accounts: Accounts;
  readonly holds: Holds;
  readonly ledger: Ledger;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Moves reserved money to the account it was for, writes its receipt and marks the hold's invoice PAID, all at once.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH HOLD_EXPIRED HOLD_NOT_OPEN
 * CAPTURE_EXCEEDS_HOLD ACCOUNT_CLOSED ACCOUNT_FROZEN IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for the payer.
 */
export const makeCaptureHold =
  (deps: Deps) =>
  async (caller: Caller, input: CaptureHoldInput): Promise<Result<OutcomeIds, Refusal>> => {
    const hold = await settleableHold(caller.viewer, input.holdId, deps);
    const withDefaults = { ...input, final: input.final ?? true };
    const call = callOf(caller, 'captureHold', withDefaults);
    if (!call.ok) return call;
    await faultpoint('accounting.captureHold.beforeCommit');
    const posted = await deps.ledger.post(call.value, judgeCapture(withDefaults, hold, deps));
    await faultpoint('accounting.captureHold.afterCommit');
    return posted;
  };

function judgeCapture(input: CaptureHoldInput, hold: Hold, deps: Deps): Result<CapturePosting, Refusal> {
  const amount = parseAmount(input.amount, ['amount'], deps.limits);
  if (!amount.ok) return amount;
  return ok({
    op: 'CAPTURE',
    id: deps.newId('transfer'),
    receiptId: deps.newId('receipt'),
    hold,
    amount: amount.value,
    final: input.final ?? true,
  });
}
