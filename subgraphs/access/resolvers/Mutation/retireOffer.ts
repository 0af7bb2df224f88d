import type { MutationResolvers } from '../../generated/resolvers.js';

export const retireOffer: MutationResolvers['retireOffer'] = async (_root, { input }, context) => ({
  offer: await context.usecases.retireOffer(context, input.offerId),
  refusal: null,
});
