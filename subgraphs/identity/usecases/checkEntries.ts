import type { DirectoryEntry } from '../domain/directory.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { closeAccount } from './closeAccount.js';
import { DirectoryUnavailable, type DirectoryUse } from './ports/directory.js';
import type { Ports } from './ports.js';
import { syncMemberships } from './syncMemberships.js';
import { renewPerson } from './takeEntry.js';

/**
 * Looks at people's entries again. Where one is gone, or the filter does not let it in any more, the account is closed
 * with all that lives from it, and opens with the next log-in after the entry is back; else profile and memberships are
 * renewed. Local people are none of the directory's business.
 * @throws DirectoryUnavailable also where no directory is configured any more: then nobody knows
 */
export async function checkEntries(ports: Ports, call: Call, people: readonly User[]): Promise<void> {
  const theirs = people.filter((user) => user.directoryId !== null);
  if (theirs.length === 0) return;
  const use = ports.directory;
  if (use === null) throw new DirectoryUnavailable('none is configured');
  const entries = await use.directory.find(theirs.map(({ directoryId }) => directoryId ?? ''));
  for (const user of theirs) {
    const entry = entries.get(user.directoryId ?? '');
    if (entry === undefined) await closeGone(ports, call, user.id);
    else await renewOne(ports, call, { user, entry, use });
  }
}

async function renewOne(
  ports: Ports,
  call: Call,
  parts: { readonly user: User; readonly entry: DirectoryEntry; readonly use: DirectoryUse },
): Promise<void> {
  const now = ports.clock.now();
  const changed = await ports.database.transaction(async (stores) => {
    const rows = await renewPerson(stores, { ...parts, call, now });
    await stores.feed.append(rows, now);
    return rows.length > 0;
  });
  if (changed) await ports.feedNews();
}

async function closeGone(ports: Ports, call: Call, userId: string): Promise<void> {
  const now = ports.clock.now();
  const closed = await ports.database.transaction(async (stores) => {
    const ended = await closeAccount(stores, userId, 'DIRECTORY', now);
    if (ended === null) return false;
    const left = await syncMemberships(stores, { userId, roles: new Map(), call, now });
    const entry = { action: 'disableUser', target: userId, outcome: 'OK', actor: 'directory' };
    await stores.audit.write(auditEntry(call, entry));
    await stores.feed.append([...ended, ...left], now);
    return true;
  });
  if (closed) await ports.feedNews();
}
