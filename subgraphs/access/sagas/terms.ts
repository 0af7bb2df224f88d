import { refused } from '../../../platform/kernel/refusal.js';
import { accessLimits } from '../domain/limits.js';

const MINUTE_MS = 60_000;
const DEADLINE_MS = 15 * MINUTE_MS;

/** What the chains that begin with a price have in common. */
export const chainTerms = {
  deadlineMs: DEADLINE_MS,
  /** Only the person's own call can reserve the price, and its exchanged token does not live long. */
  reserveDeadlineMs: MINUTE_MS,
  timedOut: refused('CHAIN_TIMED_OUT', 'The chain did not end in time; everything was undone, nothing was charged.'),
  rejected: refused('PROVISIONING_FAILED', 'A service refused a step; everything was undone, nothing was charged.'),
} as const;

/** How long money is reserved: the chain's deadline plus a day, so that no hold runs out under a chain that is being undone. */
const HOLD_SECONDS = 86_400 + DEADLINE_MS / 1_000;
/** The same after a review that took all its time. */
const HOLD_SECONDS_REVIEWED = HOLD_SECONDS + accessLimits.reviewDeadlineMs / 1_000;

/** For how many seconds a price is reserved. @param reviewDeadline null where nobody has to decide */
export const holdSeconds = ({ reviewDeadline }: { readonly reviewDeadline: Date | null }): number =>
  reviewDeadline === null ? HOLD_SECONDS : HOLD_SECONDS_REVIEWED;
