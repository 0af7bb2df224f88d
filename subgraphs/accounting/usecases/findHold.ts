import type { Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Hold } from '../domain/hold.js';
import { bothAccounts } from './bothAccounts.js';
import type { Loaders } from './loaders.js';
import { seesHold } from './rights.js';
import { requireReader } from './signedIn.js';

/** The hold, or null for one that does not exist or that the viewer may not see. */
export async function findHold(viewer: Viewer, id: string, loaders: Loaders): Promise<Hold | null> {
  const hold = await loaders.hold.load(id);
  if (hold === null) return null;
  return seesHold(viewer, hold, await bothAccounts(hold.debitId, hold.creditId, loaders)) ? hold : null;
}

/** The hold for a root field. @throws Fault UNAUTHENTICATED, NOT_FOUND */
export async function getHold(viewer: Viewer, id: string, loaders: Loaders): Promise<Hold> {
  requireReader(viewer);
  const hold = await findHold(viewer, id, loaders);
  if (hold === null) throw notFound('hold');
  return hold;
}
