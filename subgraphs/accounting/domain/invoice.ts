import type { Money } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { LedgerLimits } from './limits.js';

/** Which way an invoice goes. */
export type InvoiceKind = 'INVOICE' | 'CREDIT_NOTE';

/** Where an invoice is in its life. */
export type InvoiceStatus = 'ISSUED' | 'PAID' | 'VOID';

/** What a provider asks of a payer, or gives back. */
export interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly kind: InvoiceKind;
  readonly status: InvoiceStatus;
  readonly total: Money;
  readonly payerId: string;
  readonly payeeId: string;
  readonly issuedAt: Date;
  /** Why it was withdrawn, where somebody said so. */
  readonly voidReason: string | null;
}

/** One line of an invoice. The quantity is a Decimal that is shown and never reckoned with. */
export interface InvoiceLine {
  readonly description: string;
  readonly quantity: string;
  readonly unitPrice: Money;
  readonly amount: Money;
}

/** A line as it was given out. */
export interface WrittenLine extends InvoiceLine {
  /** Of a credit note: the invoice that the line gives back from (EN 16931 BG-3); null of an invoice, or where there is none. */
  readonly creditsId: string | null;
}

const NUMBER_DIGITS = 6;

/** Writes a number of a series, for example 000042, so that numbers sort as texts up to a million. */
export const formatNumber = (number: bigint): string => number.toString().padStart(NUMBER_DIGITS, '0');

/**
 * Sees to it that the lines add up to no more than the hold reserves, in its unit; less where a part was agreed to.
 * @returns INVALID_INPUT at `lines`, or null
 */
export function judgeLines(lines: readonly InvoiceLine[], reserved: Money): InvalidInput | null {
  const units = lines.flatMap(({ amount, unitPrice }) => [amount.unit, unitPrice.unit]);
  if (units.some((unit) => unit !== reserved.unit)) {
    return invalidInput(['lines'], `Every line must be in ${reserved.unit}, as the hold is.`);
  }
  const total = lines.reduce((sum, { amount }) => sum + amount.micros, 0n);
  return total <= reserved.micros ? null : invalidInput(['lines'], 'The lines add up to more than the hold reserves.');
}

/**
 * Adds lines up, exactly.
 * Refusals: UNIT_MISMATCH where the lines are not all of one unit, AMOUNT_NOT_POSITIVE for nothing in all, AMOUNT_TOO_LARGE
 * above the limit of one transaction, since it is paid by one.
 */
export function totalOf(lines: readonly InvoiceLine[], { amountMicrosMax }: LedgerLimits): Result<Money, InvalidInput> {
  const unit = lines[0]?.amount.unit ?? '';
  if (lines.some(({ amount, unitPrice }) => amount.unit !== unit || unitPrice.unit !== unit)) {
    return err(invalidInput(['lines'], 'All lines must be in one unit.', 'UNIT_MISMATCH'));
  }
  const micros = lines.reduce((sum, { amount }) => sum + amount.micros, 0n);
  if (micros <= 0n) return err(invalidInput(['lines'], 'The lines add up to nothing.', 'AMOUNT_NOT_POSITIVE'));
  if (micros > amountMicrosMax) {
    return err(invalidInput(['lines'], 'The total is above the limit of one transaction.', 'AMOUNT_TOO_LARGE'));
  }
  return ok({ micros, unit });
}
