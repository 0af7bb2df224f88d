import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.activateDrive */
export const activateDrive: MutationResolvers['activateDrive'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.activateDrive(context, input), (drive) => ({ drive }));
