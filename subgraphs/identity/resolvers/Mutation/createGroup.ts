import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const createGroup: MutationResolvers['createGroup'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.createGroup(input, context), (group) => ({ group }));
