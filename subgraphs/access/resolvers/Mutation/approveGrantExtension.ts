import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const approveGrantExtension: MutationResolvers['approveGrantExtension'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.approveGrantExtension(context, input), (extension) => ({ extension }));
