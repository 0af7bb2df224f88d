import type { Money } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Outcome } from './outcome.js';
import type { UsageRecords } from './ports/usage.js';
import type { Accounts } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `payUsage`. */
interface PayUsageInput extends KeyedInput {
  readonly accountId: string;
}

/** The payload before the account is loaded. */
export interface PaymentOutcome extends Outcome {
  readonly paid: Money | null;
  readonly owed: Money | null;
}

/**
 * Pays at once what an account owes for use, as far as its money goes, by whoever may spend from it, in person. Nothing owed,
 * or no money, is no refusal: 0 is paid.
 * Refusals: ACCOUNT_FROZEN ACCOUNT_CLOSED IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makePayUsage =
  ({ accounts, usage }: { readonly accounts: Accounts; readonly usage: UsageRecords }) =>
  async (caller: Caller, input: PayUsageInput): Promise<PaymentOutcome> => {
    const person = requireSpender(caller.viewer, [null]);
    const call = callOf(caller, 'payUsage', input);
    if (!call.ok) return toRefused(call.refusal);
    const account = requireOwner(person, (await accounts.byIds([input.accountId])).get(input.accountId));
    const paid = await usage.pay(call.value, account.id);
    if (!paid.ok) return toRefused(paid.refusal);
    return { ids: { accountId: account.id }, paid: paid.value.paid, owed: paid.value.owed, refusal: null };
  };

const toRefused = (refusal: Refusal): PaymentOutcome => ({ ids: {}, paid: null, owed: null, refusal });
