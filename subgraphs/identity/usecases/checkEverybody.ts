import { closingsMax } from '../domain/directory.js';
import { identityLimits } from '../domain/limits.js';
import type { Call } from './call.js';
import { closeGone } from './closeGone.js';
import { DirectoryImplausible } from './ports/directory.js';
import type { Ports } from './ports.js';
import { renewEntries } from './renewEntries.js';

/**
 * As checkEntries, of everybody of the directory whose account is open, and believed less: where more are gone than leave
 * in a quarter of an hour, a filter or a right is wrong sooner, and nobody's account is closed.
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
  if (gone.length > closingsMax(looked)) {
    throw new DirectoryImplausible(
      `it says that ${gone.length} of ${looked} people are gone; nobody's account is closed`,
    );
  }
  for (const id of gone) await closeGone(ports, call, id);
}
