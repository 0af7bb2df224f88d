import { requireOperator } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { actOf, type Caller } from './call.js';
import type { Ledger, OutcomeIds } from './ports.js';

/**
 * For operators: stops money from leaving an account, captures of earlier holds included. A frozen one stays so.
 * Refusals: ACCOUNT_CLOSED, ACCOUNT_KIND_FIXED for escrows and ISSUANCE.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeFreezeAccount =
  (deps: { readonly ledger: Ledger }) =>
  async (caller: Caller, { accountId }: { readonly accountId: string }): Promise<Result<OutcomeIds, Refusal>> => {
    requireOperator(caller.viewer);
    if (!isId('account', accountId)) throw notFound('account');
    return deps.ledger.changeAccount(actOf(caller, 'freezeAccount'), accountId, ok({ change: 'FREEZE' }));
  };
