import type { Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Transfer } from '../domain/transfer.js';
import { bothAccounts } from './bothAccounts.js';
import type { Loaders } from './loaders.js';
import { seesBetween } from './rights.js';
import { requireReader } from './signedIn.js';

/** The transfer, or null for one that does not exist or that the viewer may not see. */
export async function findTransfer(viewer: Viewer, id: string, loaders: Loaders): Promise<Transfer | null> {
  const transfer = await loaders.transfer.load(id);
  if (transfer === null) return null;
  return seesBetween(viewer, await bothAccounts(transfer.debitId, transfer.creditId, loaders)) ? transfer : null;
}

/** The transfer for a root field. @throws Fault UNAUTHENTICATED, NOT_FOUND */
export async function getTransfer(viewer: Viewer, id: string, loaders: Loaders): Promise<Transfer> {
  requireReader(viewer);
  const transfer = await findTransfer(viewer, id, loaders);
  if (transfer === null) throw notFound('transfer');
  return transfer;
}
