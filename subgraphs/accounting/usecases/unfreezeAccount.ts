import { requireOperator } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { actOf, type Caller } from './call.js';
import type { Ledger, OutcomeIds } from './ports.js';

/**
 * For operators: lets money leave a frozen account again. An open one stays so.
 * Refusals: ACCOUNT_CLOSED, ACCOUNT_KIND_FIXED for escrows and ISSUANCE.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeUnfreezeAccount =
  (deps: { readonly ledger: Ledger }) =>
  async (caller: Caller, { accountId }: { readonly accountId: string }): Promise<Result<OutcomeIds, Refusal>> => {
    requireOperator(caller.viewer);
    if (!isId('account', accountId)) throw notFound('account');
    return deps.ledger.changeAccount(actOf(caller, 'unfreezeAccount'), accountId, ok({ change: 'UNFREEZE' }));
  };
