import { isId } from '../../../platform/kernel/ids.js';
import { parseLine } from '../../../platform/kernel/text.js';
import type { MappedGroup } from '../domain/directory.js';
import type { Ports, Stores } from './ports.js';

/** A group of the directory as it is configured: `group` is an id, or a name of a group that is the mapping's own. */
type Configured = Omit<MappedGroup, 'groupId'> & { readonly group: string };

/** The configuration names a group that cannot be mapped to. */
export class DirectoryGroupError extends Error {}

/**
 * Finds the groups that the directory's are mapped to, and makes those that are named and not there yet. A name is
 * looked up once: whatever the group is called later, the mapping stays with it.
 * @throws DirectoryGroupError where an id is nobody's, or a name is that of a group which people made themselves: whoever
 * made it first would otherwise be given the directory's people
 */
export function ensureDirectoryGroups(
  ports: Pick<Ports, 'database' | 'clock' | 'newId'>,
  configured: readonly Configured[],
): Promise<readonly MappedGroup[]> {
  return ports.database.transaction(async (stores) => {
    await stores.boot.lock();
    const mapped: MappedGroup[] = [];
    for (const { dn, group, role } of configured) {
      mapped.push({ dn, role, groupId: isId('group', group) ? await known(stores, group) : await made(group) });
    }
    return mapped;

    async function made(text: string): Promise<string> {
      const line = parseLine(text, []);
      const name = line.ok ? line.value : text;
      const found = await stores.groups.findByDirectoryName(name);
      if (found !== null) return found.id;
      const fresh = { id: ports.newId('group'), name, archivedAt: null, directoryName: name };
      if (!(await stores.groups.insert(fresh, ports.clock.now()))) {
        throw new DirectoryGroupError(`the group ${name}, which people made; give its id to map it all the same`);
      }
      const entry = { actor: 'directory', action: 'createGroup', target: fresh.id, outcome: 'OK' };
      await stores.audit.write({ ...entry, requestId: 'start', clientIp: '' });
      return fresh.id;
    }
  });
}

async function known(stores: Stores, id: string): Promise<string> {
  if ((await stores.groups.find(id)) === null) throw new DirectoryGroupError(`${id}, which is no group's id`);
  return id;
}
