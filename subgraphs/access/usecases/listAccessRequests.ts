import type { Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import type { Dependencies } from './dependencies.js';
import { type RequestPage, readRequestPage } from './requestPage.js';

/**
 * The caller's requests, newest first; operators see everybody's. With `toReview`, those of others that the caller
 * decides on, by the roles of now.
 * @throws Fault UNAUTHENTICATED, BAD_USER_INPUT
 */
export async function listAccessRequests(
  { database: { requests }, clock }: Pick<Dependencies, 'database' | 'clock'>,
  viewer: Viewer,
  page: RequestPage,
): Promise<Connection<AccessRequest>> {
  const { filter, wanted } = readRequestPage(viewer, page, clock.now());
  return toConnection(await requests.page(filter, wanted), wanted, ({ id }) => [id]);
}
