import { errors } from 'jose';
import { limits } from '../kernel/limits.js';

/** What clocks may differ by, and a call be under way, without being noticed. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Whether a refused assertion fell to clocks that differ, as a sentence for the callee's operator; null where something else
 * is wrong. Times are judged after the signature: only a service's own assertion gets here.
 */
export function assertionClockTrouble(error: unknown, now: Date): string | null {
  const isTimed = error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed;
  if (!isTimed || !['iat', 'exp'].includes(error.claim)) return null;
  const { iss, iat } = error.payload;
  if (typeof iat !== 'number') return null;
  const seconds = Math.round(now.getTime() / 1_000 - iat);
  const how =
    seconds < 0
      ? `it was signed ${-seconds} s from now by its clock`
      : `it was signed ${seconds} s ago by its clock, ${limits.assertionLifetimeSeconds} are allowed`;
  return `A call of ${iss} is refused: ${how}; set the clocks of both machines (this one says ${now.toISOString()}).`;
}

/**
 * Whether a peer's clock differs from ours, by the Date header of an answer that refuses us; as a sentence for the caller's
 * operator, or null.
 */
export function answerClockTrouble(
  date: string | string[] | undefined,
  { peer, sentAtMs, receivedAtMs }: { readonly peer: string; readonly sentAtMs: number; readonly receivedAtMs: number },
): string | null {
  const atMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  const toleranceMs = CLOCK_TOLERANCE_SECONDS * 1_000;
  if (Number.isNaN(atMs) || (atMs > sentAtMs - toleranceMs && atMs < receivedAtMs + toleranceMs)) return null;
  const seconds = Math.round((atMs - receivedAtMs) / 1_000);
  const how = `its clock is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} this machine's`;
  return `${peer} refuses a call, and ${how}; set the clocks of both machines (this one says ${new Date(receivedAtMs).toISOString()}).`;
}
