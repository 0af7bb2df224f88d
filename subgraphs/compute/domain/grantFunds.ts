import { formatMicros, type Money } from '../../../platform/kernel/money.js';
import type { InsufficientFunds } from '../../../platform/kernel/refusal.js';

/**
 * Accounting's refusal of a job's hold in the words of who submits: the escrow is the grant's, and its money came with
 * the grant. @param needed the most the job can cost
 */
export const grantCannotPay = (refusal: InsufficientFunds, needed: Money): InsufficientFunds => ({
  ...refusal,
  message:
    `The grant has ${inWords(refusal.available)} left that no other job reserves, and this job may cost up to ` +
    `${inWords(needed)}: ${inWords(refusal.shortfall)} are missing. ` +
    'Ask for fewer cores or less wall time, or for another grant with requestAccess.',
});

const inWords = ({ micros, unit }: Money): string => `${formatMicros(micros)} ${unit}`;
