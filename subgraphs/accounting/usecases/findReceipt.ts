import type { Viewer } from '../../../platform/auth/viewer.js';
import type { Receipt } from '../domain/receipt.js';
import { bothAccounts } from './bothAccounts.js';
import type { Loaders } from './loaders.js';
import { seesBetween } from './rights.js';

/** The receipt, or null for one that does not exist or that the viewer may not see: as its transfer. */
export async function findReceipt(viewer: Viewer, id: string, loaders: Loaders): Promise<Receipt | null> {
  const receipt = await loaders.receipt.load(id);
  if (receipt === null) return null;
  const { debitId, creditId } = receipt.transfer;
  return seesBetween(viewer, await bothAccounts(debitId, creditId, loaders)) ? receipt : null;
}
