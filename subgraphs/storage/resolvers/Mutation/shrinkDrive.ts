import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.shrinkDrive */
export const shrinkDrive: MutationResolvers['shrinkDrive'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.shrinkDrive(context, input), (drive) => ({ drive }));
