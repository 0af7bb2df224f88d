import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';
import { wholeUser } from '../../usecases/views.js';

export const setOperator: MutationResolvers['setOperator'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.setOperator(input, context), (user) => ({ user: wholeUser(user) }));
