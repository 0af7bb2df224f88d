import { limits } from '../../../platform/kernel/limits.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseAmountOrZero } from '../domain/amount.js';
import type { InvoiceLine } from '../domain/invoice.js';
import { invoiceLinesMax } from '../domain/limits.js';

/** One line as clients send it. */
export interface LineInput {
  readonly description: string;
  readonly quantity: string;
  readonly unitPrice: MoneyInput;
  readonly amount: MoneyInput;
}

/**
 * Reads the lines of an invoice.
 * Refusals: INVALID_INPUT (none, or more than 100) AMOUNT_NOT_POSITIVE (below zero) AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE
 * UNIT_UNKNOWN.
 */
export function parseLines(input: readonly LineInput[]): Result<readonly InvoiceLine[], Refusal> {
  if (input.length < 1 || input.length > invoiceLinesMax) {
    return err(invalidInput(['lines'], `lines must be 1 to ${invoiceLinesMax}.`));
  }
  const lines: InvoiceLine[] = [];
  for (const [position, line] of input.entries()) {
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
  return ok(lines);
}
