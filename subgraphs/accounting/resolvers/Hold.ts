import { remainingOf } from '../domain/hold.js';
import type { HoldResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

/** A hold. */
export const Hold = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findHold(viewer, id, loaders),
  remaining: remainingOf,
  debit: ({ debitId }, _arguments, context) => accountOf(debitId, context),
  credit: ({ creditId }, _arguments, context) => accountOf(creditId, context),
} satisfies Partial<HoldResolvers>;
