import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const approveAccessRequest: MutationResolvers['approveAccessRequest'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.approveAccessRequest(context, input), (accessRequest) => ({ accessRequest }));
