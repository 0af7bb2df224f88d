import { formatMicros, type Money } from '../../../platform/kernel/money.js';
import { csvLine, textCell } from './csv.js';
import type { Statement } from './statement.js';
import type { Entry } from './transfer.js';

const COLUMNS = [
  'sequence',
  'recordedAt',
  'effectiveAt',
  'kind',
  'transfer',
  'otherAccount',
  'description',
  'amount',
  'balance',
  'unit',
];

/** The heading, and the balance that the statement begins with. */
export const csvOfOpening = ({ opening, window }: Statement): string =>
  `${COLUMNS.join(',')}\r\n${balanceLine('OPENING', opening, window.from)}`;

/** One line for each entry. */
export const csvOfEntries = ({ accountId }: Statement, entries: readonly Entry[]): string =>
  entries
    .map(({ transfer, amount, balanceAfter }) =>
      csvLine([
        transfer.sequence.toString(),
        transfer.recordedAt.toISOString(),
        transfer.effectiveAt.toISOString(),
        transfer.kind,
        transfer.id,
        transfer.debitId === accountId ? transfer.creditId : transfer.debitId,
        textCell(transfer.description),
        formatMicros(amount.micros),
        formatMicros(balanceAfter.micros),
        amount.unit,
      ]),
    )
    .join('');

/** The balance that the statement ends with. */
export const csvOfClosing = ({ closing, window }: Statement): string => balanceLine('CLOSING', closing, window.to);

const balanceLine = (kind: string, { micros, unit }: Money, at: Date | null): string =>
  csvLine(['', at?.toISOString() ?? '', '', kind, '', '', '', '', formatMicros(micros), unit]);
