import { identityLimits } from '../domain/limits.js';
import type { Call } from './call.js';
import { closeGone } from './closeGone.js';
import type { Ports } from './ports.js';
import { renewEntries } from './renewEntries.js';
import { requireBelievable } from './requireBelievable.js';

/**
 * As checkEntry, of everybody of the directory whose account is open.
 * @throws DirectoryUnavailable, of which DirectoryImplausible is one
 */
export async function checkEverybody(ports: Ports, call: Call): Promise<void> {
  const gone: string[] = [];
  let looked = 0;
  for (let after: string | undefined = ''; after !== undefined; ) {
    const people = await ports.database.users.ofDirectoryAfter(after, identityLimits.directoryCheckedTogether);
    gone.push(...(await renewEntries(ports, call, people)).map(({ id }) => id));
    looked += people.length;
    after = people.at(-1)?.id;
  }
  requireBelievable(gone.length, looked);
  for (const id of gone) await closeGone(ports, call, id);
}
