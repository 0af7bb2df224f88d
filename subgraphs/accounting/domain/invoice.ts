import type { Money } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';

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
}

/** One line of an invoice. The quantity is a Decimal that is shown and never reckoned with. */
export interface InvoiceLine {
  readonly description: string;
  readonly quantity: string;
  readonly unitPrice: Money;
  readonly amount: Money;
}

const NUMBER_DIGITS = 6;

/** Writes a number of a series, for example 000042, so that numbers sort as texts up to a million. */
export const formatNumber = (number: bigint): string => number.toString().padStart(NUMBER_DIGITS, '0');

/**
 * Sees to it that the lines add up to what the hold reserves, in its unit.
 * @returns INVALID_INPUT at `lines`, or null
 */
export function judgeLines(lines: readonly InvoiceLine[], reserved: Money): InvalidInput | null {
  const units = lines.flatMap(({ amount, unitPrice }) => [amount.unit, unitPrice.unit]);
  if (units.some((unit) => unit !== reserved.unit)) {
    return invalidInput(['lines'], `Every line must be in ${reserved.unit}, as the hold is.`);
  }
  const total = lines.reduce((sum, { amount }) => sum + amount.micros, 0n);
  return total === reserved.micros
    ? null
    : invalidInput(['lines'], 'The lines do not add up to the amount of the hold.');
}
