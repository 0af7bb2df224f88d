import type { Remembering } from '../../../platform/idempotency/once.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import type { Stores } from './ports.js';

/** A service account with its fresh secret, which is shown once: null in a replay. */
export interface ShownSecret {
  readonly serviceAccount: ServiceAccount;
  readonly clientSecret: string | null;
}

/** How the account is kept under a key and found again, without its secret. */
export const findByKey = ({ serviceAccounts }: Stores): Remembering<ShownSecret> => ({
  save: ({ serviceAccount }) => serviceAccount.id,
  async load(id) {
    const serviceAccount = await serviceAccounts.find(String(id));
    if (serviceAccount === null) throw notFound('service account');
    return { serviceAccount, clientSecret: null };
  },
});
