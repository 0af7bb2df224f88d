import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const denyGrantExtension: MutationResolvers['denyGrantExtension'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.denyGrantExtension(context, input), (extension) => ({ extension }));
