import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { viewOfRenewed } from '../../usecases/views.js';

export const refreshSession: MutationResolvers['refreshSession'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.refreshSession(input, context), viewOfRenewed);
