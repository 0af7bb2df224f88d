import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const restoreGroup: MutationResolvers['restoreGroup'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.restoreGroup(input, context), (group) => ({ group }));
