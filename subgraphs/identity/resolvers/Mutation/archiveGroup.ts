import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const archiveGroup: MutationResolvers['archiveGroup'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.archiveGroup(input, context), (group) => ({ group }));
