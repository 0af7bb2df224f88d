import { badUserInput } from '../../../platform/kernel/faults.js';
import type { Money } from '../../../platform/kernel/money.js';

/** Which of a row's two times counts: when the ledger recorded it, or from when it counts. */
export type BalanceBasis = 'RECORDED' | 'EFFECTIVE';

/** A time to read balances at. A row counts in the whole millisecond that its time is shown as. */
export interface BalancePoint {
  readonly at: Date;
  readonly basis: BalanceBasis;
}

/** A half-open stretch of recorded time; null stands for the beginning, and for now. */
export interface TimeWindow {
  readonly from: Date | null;
  readonly to: Date | null;
}

/** The rows of a window: those after `after`, up to and including `through`. Positions never change their meaning. */
export interface Span {
  readonly after: bigint;
  readonly through: bigint;
}

/** An account's window with the posted balance at either end, all of one snapshot: opening + entries = closing. */
export interface Statement {
  readonly accountId: string;
  readonly window: TimeWindow;
  readonly span: Span;
  readonly opening: Money;
  readonly closing: Money;
}

/** Reads a window's arguments. @throws Fault BAD_USER_INPUT where it ends before it begins */
export function parseWindow(args: { readonly from?: Date | null; readonly to?: Date | null }): TimeWindow {
  const window = { from: args.from ?? null, to: args.to ?? null };
  if (window.from !== null && window.to !== null && window.from > window.to) {
    throw badUserInput('from must not be after to.');
  }
  return window;
}
