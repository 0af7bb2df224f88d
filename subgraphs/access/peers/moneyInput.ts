import { formatMicros, type Money, type MoneyInput } from '../../../platform/kernel/money.js';

/** An amount as another service takes it. */
export const toMoneyInput = ({ micros, unit }: Money): MoneyInput => ({ amount: formatMicros(micros), unit });
