import type { Person } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { formatMicros, type Money } from '../../../platform/kernel/money.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import type { Dependencies } from './dependencies.js';
import type { PeerAccount, PeerBudget } from './ports/peers.js';
import type { Caller } from './ports.js';

/** What would be spent: from an account, in a unit; `total` is null where the price cannot be told. */
interface Spending {
  readonly accountId: string;
  readonly total: Money | null;
  readonly unit: string;
}

/**
 * What accounting would say of the account, in its order: its unit, frozen or closed, its funds, then each hard budget.
 * @throws Fault NOT_FOUND for an account that is not the person's to see, FORBIDDEN for one that is not theirs to spend from
 */
export async function judgeFunds(
  { peers, clock }: Pick<Dependencies, 'peers' | 'clock'>,
  caller: Caller,
  person: Person,
  { accountId, total, unit }: Spending,
): Promise<readonly Refusal[]> {
  const wish = { token: caller.token ?? '', audience: 'accounting', scopes: [] } as const;
  const token = await peers.identity.exchangeToken(wish, caller);
  const account = await peers.accounting.findAccount(accountId, { ...caller, token });
  if (account === null) throw notFound('account');
  if (account.ownerId !== null && account.ownerId !== person.userId && person.roles.get(account.ownerId) !== 'ADMIN') {
    throw forbidden("Only its owner, or the owning group's ADMINs, spend from an account.");
  }
  if (account.unit !== unit) {
    return [refused('UNIT_MISMATCH', `The account is in ${account.unit}, the price in ${unit}.`)];
  }
  if (account.status === 'FROZEN') return [refused('ACCOUNT_FROZEN', 'The account is frozen.')];
  if (account.status === 'CLOSED') return [refused('ACCOUNT_CLOSED', 'The account is closed.')];
  if (total === null) return [];
  const now = clock.now();
  const limits = account.budgets.filter((budget) => isInTheWay(budget, person.userId, total, now));
  return [...judgeBalance(account, total), ...limits.map((budget) => overBudget(budget, total))];
}

function judgeBalance({ id, availableMicros }: PeerAccount, { micros, unit }: Money): readonly Refusal[] {
  if (micros <= availableMicros) return [];
  return [
    {
      type: 'InsufficientFunds',
      code: 'INSUFFICIENT_FUNDS',
      message: 'The account cannot cover this; pay in, or ask for less.',
      shortfall: { micros: micros - availableMicros, unit },
      available: { micros: availableMicros, unit },
      accountId: id,
    },
  ];
}

/** The person holds what is asked for, so that it is the person's spending. */
const isInTheWay = (budget: PeerBudget, userId: string, { micros }: Money, now: Date): boolean =>
  budget.isHard &&
  (budget.memberId === null || budget.memberId === userId) &&
  budget.startsAt <= now &&
  now < budget.endsAt &&
  micros > budget.remainingMicros;

const overBudget = ({ name, remainingMicros, endsAt }: PeerBudget, { micros, unit }: Money): Refusal => ({
  type: 'LimitExceeded',
  code: 'LIMIT_EXCEEDED',
  message:
    `The budget ${name} has ${formatMicros(remainingMicros)} ${unit} left until ${endsAt.toISOString()}, ` +
    `and ${formatMicros(micros - remainingMicros)} ${unit} more are asked for.`,
  limit: name,
});
