import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseAmountOrZero } from '../domain/amount.js';
import type { Hold } from '../domain/hold.js';
import { type InvoiceLine, judgeLines } from '../domain/invoice.js';
import { invoiceLinesMax } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, Holds, Ledger, OutcomeIds, Prepayment } from './ports.js';
import { settleableHold } from './settleableHold.js';

/** Input of `issuePrepayment`. */
interface IssuePrepaymentInput extends KeyedInput {
  readonly holdId: string;
  readonly lines: readonly {
    readonly description: string;
    readonly quantity: string;
    readonly unitPrice: MoneyInput;
    readonly amount: MoneyInput;
  }[];
}

interface Deps {
  readonly accounts: Accounts;
  readonly holds: Holds;
  readonly ledger: Ledger;
  readonly newId: NewId;
}

/**
 * For access: gives out the invoice that an escrow's opening hold pays.
 * Refusals: INVALID_INPUT (lines that do not add up to the hold) AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE
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
  if (input.lines.length < 1 || input.lines.length > invoiceLinesMax) {
    return err(invalidInput(['lines'], `lines must be 1 to ${invoiceLinesMax}.`));
  }
  const lines: InvoiceLine[] = [];
  for (const [position, line] of input.lines.entries()) {
    const path = ['lines', String(position)];
    const description = parseLine(line.description, [...path, 'description'], limits.descriptionCharactersMax);
    if (!description.ok) return description;
    const unitPrice = parseAmountOrZero(line.unitPrice, [...path, 'unitPrice']);
    if (!unitPrice.ok) return unitPrice;
    const amount = parseAmountOrZero(line.amount, [...path, 'amount']);
    if (!amount.ok) return amount;
    lines.push({
      description: description.value,
      quantity: line.quantity,
      unitPrice: unitPrice.value,
      amount: amount.value,
    });
  }
  const wrong = judgeLines(lines, hold.amount);
  return wrong === null ? ok({ invoiceId: newId('invoice'), holdId: hold.id, lines }) : err(wrong);
}
