import { type Person, requirePerson } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Session } from '../domain/session.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';

/** Which session to end; absent: the one that the call belongs to. */
interface LogOutInput {
  readonly sessionId?: string | null | undefined;
}

/**
 * Ends a session of the viewer's own. To end one that has ended already is no error and changes nothing.
 * Faults: UNAUTHENTICATED, FORBIDDEN (programs, and services acting for a person), NOT_FOUND (also another's session).
 */
export const logOut =
  (ports: Ports) =>
  async (input: LogOutInput, call: Call): Promise<Result<Session, Refusal>> => {
    const person = requireInPerson(requirePerson(call.viewer));
    const sessionId = input.sessionId ?? person.sessionId;
    if (!isId('session', sessionId)) throw notFound('session');
    const session = await ports.database.sessions.find(sessionId);
    if (session === null || session.userId !== person.userId) throw notFound('session');

    const now = ports.clock.now();
    await faultpoint('identity.logOut.beforeCommit');
    const ended = await ports.database.transaction(async (stores) => {
      if (!(await stores.sessions.end(sessionId, 'LOGGED_OUT', now))) return false;
      await stores.audit.write(auditEntry(call, { action: 'logOut', target: sessionId, outcome: 'OK' }));
      await stores.feed.append([{ kind: 'SESSION', subject: sessionId, state: 'REVOKED', data: {} }], now);
      return true;
    });
    await faultpoint('identity.logOut.afterCommit');
    if (ended) await ports.feedNews();
    return ok(ended ? { ...session, endedAt: now } : session);
  };

function requireInPerson(person: Person): Person {
  if (person.actor !== null) throw forbidden('A service may not end sessions for a person.');
  return person;
}
