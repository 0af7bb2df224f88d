import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.payUsage */
export const payUsage: MutationResolvers['payUsage'] = (_parent, { input }, context) =>
  context.usecases.payUsage(context, input);
