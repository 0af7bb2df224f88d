import { isOperator, requirePerson } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { PersonalAccessKey } from '../domain/personalAccessKey.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireWholeSession } from './inPerson.js';
import type { Ports } from './ports.js';

/** Input of `revokePersonalAccessKey`. */
interface RevokePersonalAccessKeyInput {
  readonly personalAccessKeyId: string;
}

/**
 * Ends a key of one's own, or anybody's for operators: it gets no token any more, and every service refuses those it got
 * within a second, by the feed. A key may end itself, so that a program that finds its key lost can do so. To revoke one
 * again is no error and changes nothing.
 * Faults: UNAUTHENTICATED, FORBIDDEN (a service that acts for the person, a narrowed session), NOT_FOUND (also another's).
 */
export const revokePersonalAccessKey =
  (ports: Ports) =>
  async (input: RevokePersonalAccessKeyInput, call: Call): Promise<Result<PersonalAccessKey, Refusal>> => {
    const person = requirePerson(call.viewer);
    if (person.actor !== null) throw forbidden('A service may not do this for a person.');
    const id = input.personalAccessKeyId;
    const isByKey = !isId('session', person.sessionId);
    if (!isByKey) requireWholeSession(call.viewer);
    if (isByKey && person.sessionId !== id) throw notFound('personal access key');
    const key = isId('personalAccessKey', id) ? await ports.database.personalAccessKeys.find(id) : null;
    if (key === null || !(key.userId === person.userId || isOperator(person))) throw notFound('personal access key');
    const now = ports.clock.now();
    await faultpoint('identity.revokePersonalAccessKey.beforeCommit');
    const revoked = await ports.database.transaction(async (stores) => {
      if (!(await stores.personalAccessKeys.revoke(id, now))) return false;
      const detail = { owner: key.userId };
      await stores.audit.write(
        auditEntry(call, { action: 'revokePersonalAccessKey', target: id, outcome: 'OK', detail }),
      );
      // The key is the session of its tokens: their `sid` is its id.
      await stores.feed.append([{ kind: 'SESSION', subject: id, state: 'REVOKED', data: {} }], now);
      return true;
    });
    await faultpoint('identity.revokePersonalAccessKey.afterCommit');
    if (revoked) await ports.feedNews();
    return ok(revoked ? { ...key, revokedAt: now } : key);
  };
