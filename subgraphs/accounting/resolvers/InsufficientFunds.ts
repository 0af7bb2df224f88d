import type { InsufficientFundsResolvers } from '../generated/resolvers.js';

/** The account that lacks the money is the caller's own, so it is shown. */
export const InsufficientFunds = {
  account: ({ accountId }, _arguments, { loaders }) => (accountId === null ? null : loaders.account.load(accountId)),
} satisfies Partial<InsufficientFundsResolvers>;
