import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.provisionDrive */
export const provisionDrive: MutationResolvers['provisionDrive'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.provisionDrive(context, input), (drive) => ({ drive }));
