import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const withdrawGrantExtension: MutationResolvers['withdrawGrantExtension'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.withdrawGrantExtension(context, input), (extension) => ({ extension }));
