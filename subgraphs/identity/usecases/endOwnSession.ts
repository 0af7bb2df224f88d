import type { Session, SessionEnd } from '../domain/session.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { endSession } from './endSession.js';
import type { Ports } from './ports.js';

/** Ends one session, with the approvals that wait from it, and tells the feed; one that has ended already is left as it is. */
export async function endOwnSession(
  ports: Ports,
  session: Session,
  { action, reason, call }: { readonly action: string; readonly reason: SessionEnd; readonly call: Call },
): Promise<Session> {
  const now = ports.clock.now();
  const ended = await ports.database.transaction(async (stores) => {
    if (!(await endSession(stores, session, { reason, now }))) return false;
    await stores.audit.write(auditEntry(call, { action, target: session.id, outcome: 'OK' }));
    await stores.feed.append([{ kind: 'SESSION', subject: session.id, state: 'REVOKED', data: {} }], now);
    return true;
  });
  if (!ended) return session;
  await ports.feedNews();
  return { ...session, endedAt: now };
}
