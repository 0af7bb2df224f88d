import type { Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Invoice } from '../domain/invoice.js';
import { bothAccounts } from './bothAccounts.js';
import type { Loaders } from './loaders.js';
import { seesBetween } from './rights.js';
import { requireReader } from './signedIn.js';

/** The invoice, or null for one that does not exist or that the viewer may not see. Access sees those it had made. */
export async function findInvoice(viewer: Viewer, id: string, loaders: Loaders): Promise<Invoice | null> {
  const invoice = await loaders.invoice.load(id);
  if (invoice === null) return null;
  if (viewer.kind === 'service' && viewer.service === 'access') return invoice;
  return seesBetween(viewer, await bothAccounts(invoice.payerId, invoice.payeeId, loaders)) ? invoice : null;
}

/** The invoice for a root field. @throws Fault UNAUTHENTICATED, NOT_FOUND */
export async function getInvoice(viewer: Viewer, id: string, loaders: Loaders): Promise<Invoice> {
  requireReader(viewer);
  const invoice = await findInvoice(viewer, id, loaders);
  if (invoice === null) throw notFound('invoice');
  return invoice;
}
