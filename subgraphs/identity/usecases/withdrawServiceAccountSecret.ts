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

/** Input of `withdrawServiceAccountSecret`. */
interface WithdrawServiceAccountSecretInput {
  readonly serviceAccountId: string;
}

/**
 * For operators: ends the older of a service account's two secrets now, once the program uses the fresh one. With one
 * secret alone it changes nothing.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const withdrawServiceAccountSecret =
  (ports: Ports) =>
  async (input: WithdrawServiceAccountSecretInput, call: Call): Promise<Result<ServiceAccount, Refusal>> => {
    requireOperator(call.viewer);
    const id = input.serviceAccountId;
    if (!isId('serviceAccount', id)) throw notFound('service account');
    const now = ports.clock.now();
    await faultpoint('identity.withdrawServiceAccountSecret.beforeCommit');
    const serviceAccount = await ports.database.transaction(async (stores) => {
      const found = await stores.serviceAccounts.lock(id);
      if (found === null) throw notFound('service account');
      const [, ...older] = await stores.serviceAccounts.liveSecrets(id, now);
      for (const { number } of older) await stores.serviceAccounts.endSecret(id, number, now);
      if (older.length > 0) {
        const entry = { action: 'withdrawServiceAccountSecret', target: id, outcome: 'OK' };
        await stores.audit.write(auditEntry(call, entry));
      }
      return found;
    });
    await faultpoint('identity.withdrawServiceAccountSecret.afterCommit');
    return ok(serviceAccount);
  };
