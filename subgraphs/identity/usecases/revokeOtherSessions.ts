import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Session } from '../domain/session.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { endSessions } from './endSessions.js';
import { requireWholeSession } from './inPerson.js';
import { ownSession } from './ownSession.js';
import type { Ports } from './ports.js';

/** Which session to keep; absent: the one that the call belongs to. */
interface RevokeOtherSessionsInput {
  readonly exceptSessionId?: string | null | undefined;
}

/** The session that was kept, and how many were ended. */
interface OthersRevoked {
  readonly session: Session;
  readonly ended: number;
}

/**
 * Ends all sessions of the viewer's own but one, and takes back device logins that were approved and not redeemed yet.
 * Refusals: none. Faults: UNAUTHENTICATED, FORBIDDEN (programs, services acting for a person, narrowed sessions), NOT_FOUND (also
 * another's session).
 */
export const revokeOtherSessions =
  (ports: Ports) =>
  async (input: RevokeOtherSessionsInput, call: Call): Promise<Result<OthersRevoked, Refusal>> => {
    const person = requireWholeSession(call.viewer);
    const session = await ownSession(ports, person, input.exceptSessionId ?? person.sessionId);
    const now = ports.clock.now();
    await faultpoint('identity.revokeOtherSessions.beforeCommit');
    const ended = await ports.database.transaction(async (stores) => {
      const count = await endSessions(stores, person.userId, { reason: 'REVOKED', now, exceptId: session.id });
      const entry = { action: 'revokeOtherSessions', target: session.id, outcome: 'OK', detail: { ended: count } };
      await stores.audit.write(auditEntry(call, entry));
      return count;
    });
    await faultpoint('identity.revokeOtherSessions.afterCommit');
    await ports.feedNews();
    return ok({ session, ended });
  };
