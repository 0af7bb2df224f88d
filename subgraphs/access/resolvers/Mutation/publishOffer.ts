import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const publishOffer: MutationResolvers['publishOffer'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.publishOffer(context, input), (offer) => ({ offer }));
