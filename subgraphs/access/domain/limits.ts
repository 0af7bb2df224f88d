/** Limits of the access service (contract.md names those that clients meet). */
export const accessLimits = {
  /** A quote binds for a quarter of an hour. */
  quoteLifetimeMs: 15 * 60_000,
  /** A start this little ahead means now: clocks differ. */
  startToleranceMs: 60_000,
  /** The longest window, and the furthest start ahead. */
  windowDaysMax: 366,
  /** In millionths: a thousand million units keep every price and every quota well inside BIGINT. */
  quantityMicrosMax: 1_000_000_000n * 1_000_000n,
  /** The most that one transfer at accounting may move, in millionths (10^12 units). */
  totalMicrosMax: 1_000_000_000_000n * 1_000_000n,
  justificationCharactersMax: 2_000,
  /** A reviewer's reason. */
  reasonCharactersMax: 2_000,
  /** How long reviewers have. */
  reviewDeadlineMs: 14 * 86_400_000,
  /** For how many groups an offer is published by name at most. */
  visibleGroupsMax: 100,
  /** How often a request is revised at most. */
  revisionsMax: 20,
} as const;
