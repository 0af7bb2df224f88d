import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { viewSession } from '../../usecases/views.js';

export const revokeSession: MutationResolvers['revokeSession'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.revokeSession(input, context), (session) => ({
    session: viewSession(context.viewer, session),
  }));
