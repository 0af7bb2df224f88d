/** Refusals of the accounting service. */
export const accountingRefusals = {
  INSUFFICIENT_FUNDS: 'The account cannot cover the amount; `shortfall` says how much is missing.',
  AMOUNT_NOT_POSITIVE: 'An amount must be greater than zero.',
  AMOUNT_TOO_PRECISE: 'An amount has at most six decimal places; it is never rounded.',
  AMOUNT_TOO_LARGE: 'The amount is above the limit of one transaction, or a balance would leave its range.',
  ACCOUNTS_MUST_DIFFER: 'Debit and credit are the same account.',
  UNIT_MISMATCH: 'The amount and the accounts are not all of one unit.',
  UNIT_UNKNOWN: 'There is no unit of this name.',
  ACCOUNT_FROZEN: 'The account is frozen. Ask an operator.',
  ACCOUNT_CLOSED: 'The account is closed.',
  HOLD_EXPIRED: 'The time of the hold has run out; the money is free again.',
  HOLD_NOT_OPEN: 'The hold is captured or released already.',
  CAPTURE_EXCEEDS_HOLD: 'More is asked for than the hold still reserves.',
  OUTSIDE_WINDOW: 'The escrow may not be spent now: its window has not begun or is over.',
} as const;
