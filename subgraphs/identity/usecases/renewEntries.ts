import type { DirectoryEntry } from '../domain/directory.js';
import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { DirectoryUnavailable, type DirectoryUse } from './ports/directory.js';
import type { Ports } from './ports.js';
import { renewPerson } from './takeEntry.js';

/**
 * Looks at people's entries again and renews profile and memberships of those who are there. Local people are none of the
 * directory's business.
 * @returns those who are gone, or whom the filter does not let in any more: nothing is done to them
 * @throws DirectoryUnavailable also where no directory is configured any more: then nobody knows
 */
export async function renewEntries(ports: Ports, call: Call, people: readonly User[]): Promise<readonly User[]> {
  const theirs = people.filter((user) => user.directoryId !== null);
  if (theirs.length === 0) return [];
  const use = ports.directory;
  if (use === null) throw new DirectoryUnavailable('none is configured');
  const entries = await use.directory.find(theirs.map(({ directoryId }) => directoryId ?? ''));
  const gone: User[] = [];
  for (const user of theirs) {
    const entry = entries.get(user.directoryId ?? '');
    if (entry === undefined) gone.push(user);
    else await renewOne(ports, call, { user, entry, use });
  }
  return gone;
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
