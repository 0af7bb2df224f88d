import { MICROS_PER_UNIT } from '../../../platform/kernel/money.js';

/** Limits of the ledger, as they are unless the configuration says otherwise. */
export interface LedgerLimits {
  /** The largest amount of one transaction, in millionths of a unit. */
  readonly amountMicrosMax: bigint;
  /** The longest time that a hold may reserve money. */
  readonly holdSecondsMax: number;
}

/** 10^12 units, and thirty days. */
export const ledgerLimitsDefault: LedgerLimits = {
  amountMicrosMax: 1_000_000_000_000n * MICROS_PER_UNIT,
  holdSecondsMax: 30 * 86_400,
};

/** How long a hold lasts where nobody says: seven days. */
export const holdSecondsDefault = 7 * 86_400;

/** Lines of one invoice. */
export const invoiceLinesMax = 100;

/** Prices of one rate card. */
export const rateResourcesMax = 200;

/** Limits of budgets. */
export const budgetLimits = {
  /** Budgets of one account with those of its members, and of one group. */
  budgetsMax: 100,
  /** Caps that were set for single members of one grant. */
  capsMax: 1_000,
  thresholdsMax: 10,
  thresholdPercentMax: 1_000,
  thresholdsDefault: [50, 80, 100],
} as const;

/** Limits of reports. */
export const reportLimits = {
  dimensionsMax: 5,
  /** What is summed where nobody says from when on. */
  daysDefault: 90,
  /** The longest time that one report sums. */
  daysMax: 366,
  /** Lines of one CSV document. */
  linesMax: 50_000,
  /** How long a report may read: below a subgraph's deadline. */
  millisecondsMax: 5_000,
  /** How reports share what is left beside payments. */
  turns: {
    /** Reports that read at once in one process: a quarter of its connections (persistence/database.ts). */
    atOnceMax: 2,
    waitingMax: 50,
    /** As many as one operation has root fields. */
    waitingOfCallerMax: 20,
    /** How long others may delay one. With millisecondsMax still below a subgraph's deadline. */
    waitMsMax: 2_000,
    /** How long one waits in all, for its caller's own reports too: later its operation has ended, and nobody waits for it. */
    stayMsMax: 7_000,
  },
} as const;

/** How long an adjustment can be approved. */
export const adjustmentSeconds = { min: 60, max: 30 * 86_400, default: 7 * 86_400 } as const;

/** Providers that one payUsage pays. */
export const paidProvidersMax = 20;

/** Limits of usage records. */
export const usageLimits = {
  /** The longest time that one record may tell of: 31 days. Longer use is sent in segments. */
  periodMsMax: 31 * 86_400_000,
  /** Core- and GPU-seconds of one record: BIGINT. */
  secondsMax: 2n ** 63n - 1n,
  /** Byte-seconds of one record: 38 digits. */
  byteSecondsMax: 10n ** 38n - 1n,
  /** The highest segment and revision: INTEGER. */
  ordinalMax: 2_147_483_647,
  metadataEntriesMax: 20,
  metadataNameCharactersMax: 100,
  metadataValueCharactersMax: 500,
  /** Records of one block of a stream: one transaction. */
  blockRecordsMax: 5_000,
  /** Bytes of one line of a stream. */
  lineBytesMax: 65_536,
  /** Lines of one stream. */
  streamLinesMax: 5_000_000,
  /** The longest period that is summed by days. */
  daysMax: 366,
} as const;
