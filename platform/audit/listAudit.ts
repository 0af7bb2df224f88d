import { isOperator, requireOperator, type Viewer } from '../auth/viewer.js';
import { type Connection, toConnection } from '../kernel/connection.js';
import { type PageArguments, parsePage } from '../kernel/cursor.js';
import { badUserInput, notFound, unauthenticated } from '../kernel/faults.js';
import { isId } from '../kernel/ids.js';
import type { AuditFilter } from './auditQuery.js';
import type { AuditReader, StoredAuditEntry } from './auditReader.js';

/** The trail of everybody. */
export const EVERYBODY = 'all';

/** An entry as one viewer sees it. */
export interface AuditEntryView extends Omit<StoredAuditEntry, 'clientIp' | 'detail'> {
  readonly clientIp: string | null;
  readonly detail: readonly { readonly name: string; readonly value: string | null }[];
}

/**
 * A page of a service's audit: everybody's for operators, a person's own for them and operators. A service that acts for
 * a person, a personal access key and a narrowed session read none of it: it tells addresses and habits.
 * @param trail a person's id, or `all`
 * Faults: UNAUTHENTICATED, FORBIDDEN (all, for others), NOT_FOUND (another's), BAD_USER_INPUT (page, filter).
 */
export const listAudit =
  (reader: AuditReader) =>
  async (
    viewer: Viewer,
    trail: string,
    { filter, ...page }: PageArguments & { readonly filter?: AuditFilter | null | undefined },
  ): Promise<Connection<AuditEntryView>> => {
    if (viewer.kind === 'anonymous') throw unauthenticated();
    if (trail === EVERYBODY) requireOperator(viewer);
    else if (!mayRead(viewer, trail)) throw notFound('audit trail');
    const request = parsePage(page, 1);
    if (Object.values(filter ?? {}).some((value) => typeof value === 'string' && value.includes('\0'))) {
      throw badUserInput('A filter is text without NUL.');
    }
    const person = trail === EVERYBODY ? null : trail;
    const entries = await reader.read({ person, filter: filter ?? {}, page: request });
    return toConnection(
      entries.map((entry) => viewEntry(entry, viewer)),
      request,
      ({ id }) => [id],
    );
  };

const mayRead = (viewer: Viewer, trail: string): boolean =>
  isId('user', trail) && (isOperator(viewer) || isOneself(viewer, trail));

const isOneself = (viewer: Viewer, userId: string): boolean =>
  viewer.kind === 'person' &&
  viewer.userId === userId &&
  viewer.actor === null &&
  viewer.restricted !== true &&
  isId('session', viewer.sessionId);

/** Where somebody else sat when they did something to the viewer is theirs; where a stranger tried to log in is not. */
function viewEntry({ clientIp, detail, ...entry }: StoredAuditEntry, viewer: Viewer): AuditEntryView {
  const isOthers = isId('user', entry.actor) && !isOneself(viewer, entry.actor) && !isOperator(viewer);
  return {
    ...entry,
    clientIp: isOthers || clientIp === '' ? null : clientIp,
    detail: Object.entries(detail ?? {}).map(([name, value]) => ({
      name,
      value: value === null ? null : String(value),
    })),
  };
}
