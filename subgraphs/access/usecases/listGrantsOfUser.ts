import type { Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Grant } from '../domain/grant.js';
import type { Loaders } from './ports.js';
import { maySeeOf } from './visibility.js';

/** A person's grants, newest first. @throws Fault NOT_FOUND to others, BAD_USER_INPUT */
export async function listGrantsOfUser(
  viewer: Viewer,
  { grantsOf }: Loaders,
  userId: string,
  page: PageArguments,
): Promise<Connection<Grant>> {
  if (!maySeeOf(viewer, userId)) throw notFound('user');
  const wanted = parsePage(page, 1);
  return toConnection(await grantsOf.load({ parentId: userId, page: wanted }), wanted, ({ id }) => [id]);
}
