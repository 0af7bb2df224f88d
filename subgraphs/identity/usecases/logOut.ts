import { faultpoint } from '../../../platform/faultpoint.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Session } from '../domain/session.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { endOwnSession } from './endOwnSession.js';
import { endSessions } from './endSessions.js';
import { requireInPerson, requireOverSession, requireWholeSession } from './inPerson.js';
import { ownSession } from './ownSession.js';
import type { Ports } from './ports.js';

/** Which session to end; absent: the one that the call belongs to. */
interface LogOutInput {
  readonly sessionId?: string | null | undefined;
  /** Every session of the person, this one included. */
  readonly all?: boolean | null | undefined;
}

/**
 * Ends a session of the viewer's own, or all. To end one that has ended already is no error and changes nothing.
 * Refusal: INVALID_INPUT (one session and all). Faults: UNAUTHENTICATED, FORBIDDEN (programs, services acting for a
 * person, and narrowed sessions but for themselves), NOT_FOUND (also another's session).
 */
export const logOut =
  (ports: Ports) =>
  async (input: LogOutInput, call: Call): Promise<Result<Session, Refusal>> => {
    const own = requireInPerson(call.viewer);
    const sessionId = input.sessionId ?? own.sessionId;
    const person = input.all === true ? requireWholeSession(call.viewer) : requireOverSession(call.viewer, sessionId);
    const session = await ownSession(ports, person, sessionId);
    await faultpoint('identity.logOut.beforeCommit');
    if (input.all !== true) {
      const ended = await endOwnSession(ports, session, { action: 'logOut', reason: 'LOGGED_OUT', call });
      await faultpoint('identity.logOut.afterCommit');
      return ok(ended);
    }
    if (input.sessionId != null) return err(invalidInput(['sessionId'], 'Name one session, or say all.'));
    const now = ports.clock.now();
    await ports.database.transaction(async (stores) => {
      const ended = await endSessions(stores, person.userId, { reason: 'LOGGED_OUT', now });
      await stores.audit.write(
        auditEntry(call, { action: 'logOut', target: person.userId, outcome: 'OK', detail: { ended } }),
      );
    });
    await faultpoint('identity.logOut.afterCommit');
    await ports.feedNews();
    return ok({ ...session, endedAt: session.endedAt ?? now });
  };
