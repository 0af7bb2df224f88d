import type { Person } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Session } from '../domain/session.js';
import type { Ports } from './ports.js';

/** A session of the person's own, live or not. @throws Fault NOT_FOUND (also another's) */
export async function ownSession(ports: Ports, person: Person, sessionId: string): Promise<Session> {
  const session = isId('session', sessionId) ? await ports.database.sessions.find(sessionId) : null;
  if (session === null || session.userId !== person.userId) throw notFound('session');
  return session;
}
