import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Hold } from '../domain/hold.js';
import { judgeLines } from '../domain/invoice.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import { type LineInput, parseLines } from './parseLines.js';
import type { Accounts, Holds, Ledger, OutcomeIds, Prepayment } from './ports.js';
import { settleableHold } from './settleableHold.js';

/** Input of `issuePrepayment`. */
interface IssuePrepaymentInput extends KeyedInput {
  readonly holdId: string;
  readonly lines: readonly LineInput[];
}

interface Deps {
  readonly accounts: Accounts;
  readonly holds: Holds;
  readonly ledger: Ledger;
  readonly newId: NewId;
}

/**
 * For access: gives out the invoice that an escrow's opening hold pays.
 * Refusals: INVALID_INPUT (lines that add up to more than the hold) AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE
 * UNIT_UNKNOWN HOLD_EXPIRED HOLD_NOT_OPEN ALREADY_INVOICED IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeIssuePrepayment =
  (deps: Deps) =>
  async (caller: Caller, input: IssuePrepaymentInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireService(caller.viewer, 'access');
    const call = callOf(caller, 'issuePrepayment', input);
    if (!call.ok) return call;
    const hold = await settleableHold(caller.viewer, input.holdId, deps);
    await faultpoint('accounting.issuePrepayment.beforeCommit');
    const issued = await deps.ledger.issuePrepayment(call.value, judgePrepayment(input, hold, deps.newId));
    await faultpoint('accounting.issuePrepayment.afterCommit');
    return issued;
  };

function judgePrepayment(input: IssuePrepaymentInput, hold: Hold, newId: NewId): Result<Prepayment, Refusal> {
  const lines = parseLines(input.lines);
  if (!lines.ok) return lines;
  const wrong = judgeLines(lines.value, hold.amount);
  return wrong === null ? ok({ invoiceId: newId('invoice'), holdId: hold.id, lines: lines.value }) : err(wrong);
}
