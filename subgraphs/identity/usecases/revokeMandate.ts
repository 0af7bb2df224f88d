import { isOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Mandate } from '../domain/mandate.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireWholeSession } from './inPerson.js';
import type { Ports } from './ports.js';

/** Input of `revokeMandate`. */
interface RevokeMandateInput {
  readonly mandateId: string;
}

/**
 * For who gave it, and operators: withdraws a mandate. Accounting takes no more holds by it within a second; those that
 * stand are settled as any. To revoke it again is no error and changes nothing.
 * Faults: UNAUTHENTICATED, FORBIDDEN (programs, services acting for a person, and narrowed sessions), NOT_FOUND (also another's).
 */
export const revokeMandate =
  (ports: Ports) =>
  async (input: RevokeMandateInput, call: Call): Promise<Result<Mandate, Refusal>> => {
    const person = requireWholeSession(call.viewer);
    const id = input.mandateId;
    const mandate = isId('mandate', id) ? await ports.database.mandates.find(id) : null;
    if (mandate === null || !(mandate.issuerId === person.userId || isOperator(person))) throw notFound('mandate');
    const now = ports.clock.now();
    await faultpoint('identity.revokeMandate.beforeCommit');
    const revoked = await ports.database.transaction(async (stores) => {
      if (!(await stores.mandates.revoke(id, now))) return false;
      await stores.audit.write(auditEntry(call, { action: 'revokeMandate', target: id, outcome: 'OK' }));
      await stores.feed.append([{ kind: 'MANDATE', subject: id, state: 'REVOKED', data: {} }], now);
      return true;
    });
    await faultpoint('identity.revokeMandate.afterCommit');
    if (revoked) await ports.feedNews();
    return ok(revoked ? { ...mandate, revokedAt: now } : mandate);
  };
