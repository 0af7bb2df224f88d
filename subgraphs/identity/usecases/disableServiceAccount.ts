import { requireOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';

/** Input of `disableServiceAccount`. */
interface DisableServiceAccountInput {
  readonly serviceAccountId: string;
}

/**
 * For operators: ends a service account for good. It gets no token any more, and every service refuses those it has
 * within a second, by the feed. To disable it again is no error and changes nothing.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const disableServiceAccount =
  (ports: Ports) =>
  async (input: DisableServiceAccountInput, call: Call): Promise<Result<ServiceAccount, Refusal>> => {
    requireOperator(call.viewer);
    const id = input.serviceAccountId;
    const found = isId('serviceAccount', id) ? await ports.database.serviceAccounts.find(id) : null;
    if (found === null) throw notFound('service account');
    const now = ports.clock.now();
    await faultpoint('identity.disableServiceAccount.beforeCommit');
    const disabled = await ports.database.transaction(async (stores) => {
      if (!(await stores.serviceAccounts.disable(id, now))) return false;
      await stores.audit.write(auditEntry(call, { action: 'disableServiceAccount', target: id, outcome: 'OK' }));
      await stores.feed.append([{ kind: 'SERVICE', subject: id, state: 'DISABLED', data: {} }], now);
      return true;
    });
    await faultpoint('identity.disableServiceAccount.afterCommit');
    if (disabled) await ports.feedNews();
    return ok(disabled ? { ...found, disabledAt: now } : found);
  };
