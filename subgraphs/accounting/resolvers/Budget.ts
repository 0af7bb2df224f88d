import { remainingOf, scopeOf } from '../domain/budget.js';
import type { BudgetResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

/** A budget. Whoever sees it sees what was reached of it. */
export const Budget = {
  scope: scopeOf,
  account: ({ accountId }, _arguments, context) => (accountId === null ? null : accountOf(accountId, context)),
  group: ({ groupId }) => (groupId === null ? null : { id: groupId }),
  member: ({ memberId }) => (memberId === null ? null : { id: memberId }),
  enforcement: ({ isHard }) => (isHard ? 'HARD' : 'SOFT'),
  thresholds: ({ thresholds }) => [...thresholds],
  remaining: remainingOf,
  crossings: (budget, page, { usecases, loaders }) => usecases.listCrossings(budget, page, loaders),
} satisfies Partial<BudgetResolvers>;
