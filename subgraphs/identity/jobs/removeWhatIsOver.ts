import { identityLimits } from '../domain/limits.js';
import type { Ports } from '../usecases/ports.js';

/** Statements of one run; what is left then waits for the next. */
const ROUNDS_MAX = 100;

/**
 * Removes sessions with their refresh tokens, enrolments, device logins and used recovery codes thirty days after they
 * were over, and remembered devices and counters as soon as they are; asks for the next run, in an hour. Safe to repeat.
 */
export async function removeWhatIsOver({ database, clock }: Pick<Ports, 'database' | 'clock'>): Promise<void> {
  const now = clock.now();
  // First, so that one failing run does not end all later ones.
  await database.removal.askForRun(new Date(now.getTime() + identityLimits.removalIntervalMs));
  const keptSince = new Date(now.getTime() - identityLimits.endedKeptMs);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (!(await database.removal.removeOver(now, keptSince))) return;
  }
}
