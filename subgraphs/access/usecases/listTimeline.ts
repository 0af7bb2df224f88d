import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { AccessRequest, AccessRequestEvent } from '../domain/accessRequest.js';
import type { Loaders } from './ports.js';

/** A request's steps, oldest first, for whom the request itself was shown to. @throws Fault BAD_USER_INPUT */
export async function listTimeline(
  { timelines }: Loaders,
  { id }: AccessRequest,
  page: PageArguments,
): Promise<Connection<AccessRequestEvent>> {
  const wanted = parsePage(page, 1);
  if (wanted.after !== null && !/^[0-9]{1,18}$/.test(wanted.after[0] ?? '')) {
    throw badUserInput('after is not a cursor of this list.');
  }
  return toConnection(await timelines.load({ parentId: id, page: wanted }), wanted, (event) => [`${event.id}`]);
}
