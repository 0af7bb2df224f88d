import { formatMicros } from '../../../platform/kernel/money.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import { required } from './required.js';

export const Grant = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findGrant(viewer, loaders, id),
  status: (grant, _args, { usecases }) => usecases.grantStatus(grant),
  holder: ({ holderId }) => ({ id: holderId }),
  offer: ({ offerId }, _args, { loaders }) => required(loaders.offers.load(offerId)),
  quantity: ({ quantityMicros }) => formatMicros(quantityMicros),
  escrow: ({ escrowAccountId }) => ({ id: escrowAccountId }),
} satisfies RequiredResolvers<Resolvers>['Grant'];
