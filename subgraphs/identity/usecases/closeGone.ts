import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { closeAccount } from './closeAccount.js';
import type { Ports } from './ports.js';
import { syncMemberships } from './syncMemberships.js';

/**
 * Closes the account of somebody whose entry is gone, with all that lives from it. The last operator's stays open, which
 * the audit tells: operators must settle that.
 */
export async function closeGone(ports: Ports, call: Call, userId: string): Promise<void> {
  const now = ports.clock.now();
  const closed = await ports.database.transaction(async (stores) => {
    // Under the lock of setOperator: of two who are the last operators together, one stays.
    const user = await stores.users.lock(userId);
    if (user?.operator === true && !(await stores.users.hasOtherOperator(userId))) {
      const kept = { action: 'disableUser', target: userId, outcome: 'LAST_OPERATOR', actor: 'directory' };
      await stores.audit.write(auditEntry(call, kept));
      return false;
    }
    const ended = await closeAccount(stores, userId, 'DIRECTORY', now);
    if (ended === null) return false;
    const left = await syncMemberships(stores, { userId, roles: new Map(), call, now });
    const entry = { action: 'disableUser', target: userId, outcome: 'OK', actor: 'directory' };
    await stores.audit.write(auditEntry(call, entry));
    await stores.feed.append([...ended, ...left], now);
    return true;
  });
  if (closed) await ports.feedNews();
}
