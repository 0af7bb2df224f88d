import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { PersonalAccessKey } from '../domain/personalAccessKey.js';
import type { ReadCall } from './call.js';
import type { UserView } from './views.js';

/** A page of a person's keys, the newest first, also those that are over. Faults: BAD_USER_INPUT, NOT_FOUND. */
export async function listPersonalAccessKeys(
  { loaders }: ReadCall,
  user: UserView,
  page: PageArguments,
): Promise<Connection<PersonalAccessKey>> {
  const request = parsePage(page, 1);
  if (user.private === null) throw notFound('list of personal access keys');
  const after = request.after?.[0] ?? null;
  const rows = await loaders.accessKeysOfUser.load({ of: user.id, after, rows: request.first + 1 });
  return toConnection(rows, request, ({ id }) => [id]);
}
