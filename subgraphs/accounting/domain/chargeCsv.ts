import { formatMicros } from '../../../platform/kernel/money.js';
import type { ChargeDimension, ChargeTotal } from './charge.js';
import { csvLine, textCell } from './csv.js';

const CELLS: Readonly<Record<ChargeDimension, readonly [string, (total: ChargeTotal) => string]>> = {
  USER: ['user', ({ userId }) => userId ?? ''],
  GROUP: ['group', ({ groupId }) => groupId ?? ''],
  ACCOUNT: ['account', ({ accountId }) => accountId ?? ''],
  PROVIDER: ['provider', ({ providerId }) => providerId ?? ''],
  GRANT: ['grant', ({ grantId }) => grantId ?? ''],
  OFFER: ['offer', ({ offerId }) => offerId ?? ''],
  CLUSTER: ['cluster', ({ clusterId }) => clusterId ?? ''],
  // The only text here that people chose.
  RESOURCE: ['resource', ({ resource }) => textCell(resource ?? '')],
  DAY: ['day', ({ periodStart }) => periodStart?.toISOString().slice(0, 'YYYY-MM-DD'.length) ?? ''],
  MONTH: ['month', ({ periodStart }) => periodStart?.toISOString().slice(0, 'YYYY-MM'.length) ?? ''],
};

/** The heading: a column for each dimension, in their order, then entries, amount and unit. */
export const csvOfHeading = (by: readonly ChargeDimension[]): string =>
  csvLine([...by.map((dimension) => CELLS[dimension][0]), 'entries', 'amount', 'unit']);

/** One line for each total. */
export const csvOfTotals = (by: readonly ChargeDimension[], totals: readonly ChargeTotal[]): string =>
  totals
    .map((total) =>
      csvLine([
        ...by.map((dimension) => CELLS[dimension][1](total)),
        total.entries.toString(),
        formatMicros(total.charged.micros),
        total.charged.unit,
      ]),
    )
    .join('');
