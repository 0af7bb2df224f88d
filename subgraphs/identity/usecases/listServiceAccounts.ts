import { requireOperator } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import type { ReadCall } from './call.js';

/** A page of all service accounts, the oldest first; for operators. Faults: UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT. */
export async function listServiceAccounts(
  { viewer, loaders }: ReadCall,
  page: PageArguments,
): Promise<Connection<ServiceAccount>> {
  requireOperator(viewer);
  const request = parsePage(page, 1);
  const rows = await loaders.serviceAccounts({ after: request.after?.[0] ?? null, rows: request.first + 1 });
  return toConnection(rows, request, ({ id }) => [id]);
}
