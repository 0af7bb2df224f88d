import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { closeGone } from './closeGone.js';
import type { Ports } from './ports.js';
import { renewEntries } from './renewEntries.js';

/**
 * Looks at people's entries again. Where one is gone, or the filter does not let it in any more, the account is closed
 * with all that lives from it, and opens with the next log-in after the entry is back; else profile and memberships are
 * renewed.
 * @throws DirectoryUnavailable also where no directory is configured any more: then nobody knows
 */
export async function checkEntries(ports: Ports, call: Call, people: readonly User[]): Promise<void> {
  for (const { id } of await renewEntries(ports, call, people)) await closeGone(ports, call, id);
}
