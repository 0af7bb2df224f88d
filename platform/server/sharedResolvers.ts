import { formatMicros, type Money } from '../kernel/money.js';
import { principalType } from '../kernel/principal.js';
import type { InsufficientFunds, Refusal } from '../kernel/refusal.js';
import { scalarResolvers } from './scalars.js';

/** Resolvers of the shared types, the same in every subgraph. A subgraph's own resolvers go before them. */
export const sharedResolvers = {
  ...scalarResolvers,
  Money: { amount: (money: Money) => formatMicros(money.micros) },
  Refusal: { __resolveType: (refusal: Refusal) => refusal.type },
  Principal: { __resolveType: principalType },
  InsufficientFunds: {
    account: (refusal: InsufficientFunds) => (refusal.accountId === null ? null : { id: refusal.accountId }),
  },
};
