import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const denyAccessRequest: MutationResolvers['denyAccessRequest'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.denyAccessRequest(context, input), (accessRequest) => ({ accessRequest }));
