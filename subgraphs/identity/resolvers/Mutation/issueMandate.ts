import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const issueMandate: MutationResolvers['issueMandate'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.issueMandate(input, context), (mandate) => ({ mandate }));
