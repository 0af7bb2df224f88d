import { isOperator } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { actOf, type Caller } from './call.js';
import type { Accounts, Ledger, OutcomeIds } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/**
 * Ends an account on which nothing is left: for its owner in person, and operators. A closed one stays so.
 * Refusals: ACCOUNT_NOT_EMPTY (a balance, open holds on it or for it, the escrow of a live grant that it pays),
 * ACCOUNT_KIND_FIXED for all but PERSONAL and GROUP. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeCloseAccount =
  (deps: { readonly accounts: Accounts; readonly ledger: Ledger }) =>
  async (caller: Caller, { accountId }: { readonly accountId: string }): Promise<Result<OutcomeIds, Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    const account = (await deps.accounts.byIds([accountId])).get(accountId);
    if (account === undefined) throw notFound('account');
    if (!isOperator(person)) requireOwner(person, account);
    return deps.ledger.changeAccount(actOf(caller, 'closeAccount'), account.id, ok({ change: 'CLOSE' }));
  };
