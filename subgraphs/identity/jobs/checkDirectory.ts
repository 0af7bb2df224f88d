import { identityLimits } from '../domain/limits.js';
import type { Call } from '../usecases/call.js';
import { checkEverybody } from '../usecases/checkEverybody.js';
import { DirectoryUnavailable } from '../usecases/ports/directory.js';
import type { Ports } from '../usecases/ports.js';

/** Nobody calls: the audit says that the directory did it. */
const call: Call = {
  viewer: { kind: 'service', service: 'identity' },
  caller: 'identity',
  requestId: 'directory check',
  clientIp: '',
  userAgent: '',
};

/**
 * Looks at the entries of all people of the directory whose accounts are open, for what lives without being refreshed:
 * mandates, keys, memberships that others rely on. Asks for the next run, in a quarter of an hour. Safe to repeat; while
 * the directory is away, or says that too many are gone, nothing is closed.
 */
export async function checkDirectory(ports: Ports): Promise<void> {
  if (ports.directory === null) return;
  // First, so that one failing run does not end all later ones.
  const next = new Date(ports.clock.now().getTime() + identityLimits.directoryCheckIntervalMs);
  await ports.database.directoryChecks.askForRun(next);
  try {
    await checkEverybody(ports, call);
  } catch (error) {
    if (!(error instanceof DirectoryUnavailable)) throw error;
    ports.directoryTrouble(error);
  }
}
