import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { closeAccount } from './closeAccount.js';
import { DirectoryUnavailable } from './ports/directory.js';
import type { Ports } from './ports.js';
import { syncMemberships } from './syncMemberships.js';
import { renewPerson } from './takeEntry.js';

/**
 * Looks at a person's entry again. Where it is gone, or the filter does not let it in any more, the account is closed
 * with all that lives from it, and opens with the next log-in after the entry is back; else profile and memberships are
 * renewed. Local people are none of the directory's business.
 * @throws DirectoryUnavailable also where no directory is configured any more: then nobody knows
 */
export async function checkEntry(ports: Ports, call: Call, user: User): Promise<void> {
  if (user.directoryId === null) return;
  const use = ports.directory;
  if (use === null) throw new DirectoryUnavailable('none is configured');
  const entry = await use.directory.find(user.directoryId);
  const now = ports.clock.now();
  const changed = await ports.database.transaction(async (stores) => {
    if (entry !== null) {
      const rows = await renewPerson(stores, { user, entry, use, call, now });
      await stores.feed.append(rows, now);
      return rows.length > 0;
    }
    const ended = await closeAccount(stores, user.id, 'DIRECTORY', now);
    if (ended === null) return false;
    const left = await syncMemberships(stores, { userId: user.id, roles: new Map(), call, now });
    const audit = { action: 'disableUser', target: user.id, outcome: 'OK', actor: 'directory' };
    await stores.audit.write(auditEntry(call, audit));
    await stores.feed.append([...ended, ...left], now);
    return true;
  });
  if (changed) await ports.feedNews();
}
