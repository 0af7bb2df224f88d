import type { MutationResolvers } from '../../generated/resolvers.js';

/** Closes a grant's right to compute; the payload has neither thing nor refusal where the grant never had one. */
export const closeAllocation: MutationResolvers['closeAllocation'] = async (_root, { input }, context) => ({
  allocation: await context.usecases.closeAllocation(context, input),
  refusal: null,
});
