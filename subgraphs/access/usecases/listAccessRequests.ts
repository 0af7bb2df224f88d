import { isOperator, requirePerson, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { groupsAdministeredBy } from '../../../platform/kernel/principal.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import type { AccessRequestStatus } from '../domain/requestStates.js';
import type { Dependencies } from './dependencies.js';

/**
 * The caller's requests, newest first; operators see everybody's. With `toReview`, those of others that the caller
 * decides on, by the roles of now.
 * @throws Fault UNAUTHENTICATED, BAD_USER_INPUT
 */
export async function listAccessRequests(
  { database: { requests }, clock }: Pick<Dependencies, 'database' | 'clock'>,
  viewer: Viewer,
  {
    status,
    toReview,
    ...page
  }: PageArguments & { readonly status: AccessRequestStatus | null; readonly toReview: boolean },
): Promise<Connection<AccessRequest>> {
  const person = requirePerson(viewer);
  const wanted = parsePage(page, 1);
  const groupIds = groupsAdministeredBy(person);
  const filter = {
    requesterId: toReview || isOperator(viewer) ? null : person.userId,
    reviewedBy: toReview ? { userId: person.userId, groupIds } : null,
    status,
    now: clock.now(),
  };
  return toConnection(await requests.page(filter, wanted), wanted, ({ id }) => [id]);
}
