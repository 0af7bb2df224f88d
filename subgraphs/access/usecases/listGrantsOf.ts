import type { Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Grant } from '../domain/grant.js';
import type { Loaders } from './ports.js';
import { maySeeHeldBy } from './visibility.js';

/** The grants that a person or a group holds, newest first. @throws Fault NOT_FOUND to others, BAD_USER_INPUT */
export async function listGrantsOf(
  viewer: Viewer,
  { grantsOf }: Loaders,
  holderId: string,
  page: PageArguments,
): Promise<Connection<Grant>> {
  if (!maySeeHeldBy(viewer, holderId)) throw notFound('list of grants');
  const wanted = parsePage(page, 1);
  return toConnection(await grantsOf.load({ parentId: holderId, page: wanted }), wanted, ({ id }) => [id]);
}
