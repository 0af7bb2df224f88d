import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const requestAccess: MutationResolvers['requestAccess'] = async (_root, { input }, context) =>
  toPayload(await context.usecases.requestAccess(context, input), (accessRequest) => ({ accessRequest }));
