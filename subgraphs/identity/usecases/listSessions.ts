import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { ReadCall } from './call.js';
import { type SessionView, type UserView, viewSession } from './views.js';

/** A page of a person's live sessions, the newest first. Faults: BAD_USER_INPUT, NOT_FOUND (for who may not see them). */
export async function listSessions(
  { viewer, loaders }: ReadCall,
  user: UserView,
  page: PageArguments,
): Promise<Connection<SessionView>> {
  const request = parsePage(page, 1);
  if (user.private === null) throw notFound('list of sessions');
  const after = request.after?.[0] ?? null;
  const rows = await loaders.liveSessionsOfUser.load({ of: user.id, after, rows: request.first + 1 });
  return toConnection(
    rows.map((session) => viewSession(viewer, session)),
    request,
    (session) => [session.id],
  );
}
