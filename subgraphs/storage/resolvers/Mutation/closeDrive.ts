import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.closeDrive */
export const closeDrive: MutationResolvers['closeDrive'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.closeDrive(context, input), (drive) => ({ drive }));
