import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

/** Mutation.extendDrive */
export const extendDrive: MutationResolvers['extendDrive'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.extendDrive(context, input), (drive) => ({ drive }));
