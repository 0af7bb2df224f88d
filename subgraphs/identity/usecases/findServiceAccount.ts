import { isOperator } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import type { ReadCall } from './call.js';

/** The service account of an id, for itself and operators; null for others, and where there is none. */
export async function findServiceAccount({ viewer, loaders }: ReadCall, id: string): Promise<ServiceAccount | null> {
  const isItself = viewer.kind === 'serviceAccount' && viewer.serviceAccountId === id;
  if (!isId('serviceAccount', id) || !(isItself || isOperator(viewer))) return null;
  return loaders.serviceAccountById.load(id);
}
