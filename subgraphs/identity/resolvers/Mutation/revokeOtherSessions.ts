import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { viewSession } from '../../usecases/views.js';

export const revokeOtherSessions: MutationResolvers['revokeOtherSessions'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.revokeOtherSessions(input, context), ({ session, ended }) => ({
    session: viewSession(context.viewer, session),
    ended: BigInt(ended),
  }));
