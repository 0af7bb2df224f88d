import type { ChargeTotalResolvers } from '../generated/resolvers.js';
import { accountOf } from './accountOf.js';

const reference = (id: string | null) => (id === null ? null : { id });

/** A sum of charges. */
export const ChargeTotal = {
  user: ({ userId }) => reference(userId),
  group: ({ groupId }) => reference(groupId),
  account: ({ accountId }, _arguments, context) => (accountId === null ? null : accountOf(accountId, context)),
  provider: ({ providerId }) => reference(providerId),
  grant: ({ grantId }) => reference(grantId),
  offer: ({ offerId }) => reference(offerId),
} satisfies Partial<ChargeTotalResolvers>;
