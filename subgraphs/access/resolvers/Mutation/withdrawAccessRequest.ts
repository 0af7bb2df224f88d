import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const withdrawAccessRequest: MutationResolvers['withdrawAccessRequest'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.withdrawAccessRequest(context, input), (accessRequest) => ({ accessRequest }));
