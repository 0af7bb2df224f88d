import { type Fault, rateLimited } from '../../../platform/kernel/faults.js';
import { identityLimits } from '../domain/limits.js';
import { type AttemptKeys, isKnown } from '../domain/throttle.js';
import type { AttemptBound } from './ports/directory.js';
import type { Ports } from './ports.js';

// What is taken now may come to the directory as late as its conversation ends, and is forgotten there so much later.
const LATENESS_MS = identityLimits.directoryConversationMs + identityLimits.directoryClockMs;

/**
 * Takes one of the attempts that a name has at the directory, before it is made. Directories lock an account after some
 * wrong passwords, for everything that it opens: whoever types them here must not get so far. The bound is for the name,
 * whoever tries; the last attempt of it is kept for who is known, so that strangers do not keep the owner out here either.
 * It is taken for names alike that nobody has, and for local ones.
 * @returns null where it was taken; else the fault RATE_LIMITED, to be thrown when the attempt is counted
 */
export async function takeDirectoryAttempt(
  { database: { failures }, clock }: Pick<Ports, 'database' | 'clock'>,
  { max, windowMs }: AttemptBound,
  keys: AttemptKeys,
): Promise<Fault | null> {
  const now = clock.now();
  const known = isKnown(keys, await failures.countsOf([keys.known]), now);
  const bound = { max: known ? max : max - 1, windowMs: windowMs + LATENESS_MS, now };
  const fullUntil = await failures.take(keys.directory, bound);
  return fullUntil === null ? null : rateLimited(Math.ceil((fullUntil.getTime() - now.getTime()) / 1000));
}
