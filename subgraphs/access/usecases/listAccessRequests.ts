import { isOperator, requirePerson, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import type { AccessRequest, AnyRequestStatus } from '../domain/accessRequest.js';
import type { Store } from './ports.js';

/** The caller's requests, newest first; operators see everybody's. @throws Fault UNAUTHENTICATED, BAD_USER_INPUT */
export async function listAccessRequests(
  { requests }: Pick<Store, 'requests'>,
  viewer: Viewer,
  { status, ...page }: PageArguments & { readonly status: AnyRequestStatus | null },
): Promise<Connection<AccessRequest>> {
  const person = requirePerson(viewer);
  const wanted = parsePage(page, 1);
  const requesterId = isOperator(viewer) ? null : person.userId;
  return toConnection(await requests.page({ requesterId, status }, wanted), wanted, ({ id }) => [id]);
}
