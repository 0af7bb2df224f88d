import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const reviseAccessRequest: MutationResolvers['reviseAccessRequest'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.reviseAccessRequest(context, input), (accessRequest) => ({ accessRequest }));
