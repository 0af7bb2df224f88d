import { identityLimits } from '../domain/limits.js';
import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { closeGone } from './closeGone.js';
import type { Ports } from './ports.js';
import { renewEntries } from './renewEntries.js';
import { requireBelievable } from './requireBelievable.js';

/**
 * Looks at a person's entry again. Where it is gone, or the filter does not let it in any more, the account is closed with
 * all that lives from it, and opens with the next log-in after the entry is back; else profile and memberships are renewed.
 * Before an account is closed some others are looked at: where the directory says that they are gone too, it is not
 * believed. Local people are none of its business.
 * @throws DirectoryUnavailable, of which DirectoryImplausible is one; also where no directory is configured any more: then
 * nobody knows
 */
export async function checkEntry(ports: Ports, call: Call, person: User): Promise<void> {
  const gone = await renewEntries(ports, call, [person]);
  if (gone.length === 0) return;
  const others = await othersThan(ports, person);
  const ids = others.map(({ directoryId }) => directoryId ?? '');
  const there = await ports.directory?.directory.findThere(ids);
  requireBelievable(1 + ids.filter((id) => there?.has(id) !== true).length, 1 + ids.length);
  await closeGone(ports, call, person.id);
}

/** Those who come next in the order of the ids, whose accounts are open; after the last of them the first. */
async function othersThan({ database: { users } }: Ports, { id }: User): Promise<readonly User[]> {
  const rows = identityLimits.directoryCheckedTogether;
  const after = await users.ofDirectoryAfter(id, rows);
  const first = after.length < rows ? await users.ofDirectoryAfter('', rows - after.length) : [];
  return [...after, ...first.filter((other) => other.id < id)];
}
