import type { RateCardResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

/** A rate card. */
export const RateCard = {
  payee: ({ payeeId }, _arguments, context) => accountOf(payeeId, context),
} satisfies Partial<RateCardResolvers>;
