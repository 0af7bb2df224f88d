import type { Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import type { Extension } from '../domain/extension.js';
import type { Dependencies } from './dependencies.js';
import { type RequestPage, readRequestPage } from './requestPage.js';

/**
 * The caller's extensions, newest first; operators see everybody's. With `toReview`, those of others that the caller decides
 * on, by the roles of now. @throws Fault UNAUTHENTICATED, BAD_USER_INPUT
 */
export async function listGrantExtensions(
  { database: { extensions }, clock }: Pick<Dependencies, 'database' | 'clock'>,
  viewer: Viewer,
  page: RequestPage,
): Promise<Connection<Extension>> {
  const { filter, wanted } = readRequestPage(viewer, page, clock.now());
  return toConnection(await extensions.page(filter, wanted), wanted, ({ id }) => [id]);
}
