import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const renameGroup: MutationResolvers['renameGroup'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.renameGroup(input, context), (group) => ({ group }));
