import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Session } from '../domain/session.js';
import type { Call } from './call.js';
import { endOwnSession } from './endOwnSession.js';
import { requireOverSession } from './inPerson.js';
import { ownSession } from './ownSession.js';
import type { Ports } from './ports.js';

/** Which session to end. */
interface RevokeSessionInput {
  readonly sessionId: string;
}

/**
 * Ends a session of the viewer's own, on another device for example. One that has ended already is left as it is.
 * Refusals: none. Faults: UNAUTHENTICATED, FORBIDDEN (programs, services acting for a person, and narrowed
 * sessions but for themselves), NOT_FOUND (also another's session).
 */
export const revokeSession =
  (ports: Ports) =>
  async ({ sessionId }: RevokeSessionInput, call: Call): Promise<Result<Session, Refusal>> => {
    const session = await ownSession(ports, requireOverSession(call.viewer, sessionId), sessionId);
    await faultpoint('identity.revokeSession.beforeCommit');
    const ended = await endOwnSession(ports, session, { action: 'revokeSession', reason: 'REVOKED', call });
    await faultpoint('identity.revokeSession.afterCommit');
    return ok(ended);
  };
