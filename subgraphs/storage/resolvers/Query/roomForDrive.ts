import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.roomForDrive */
export const roomForDrive: QueryResolvers['roomForDrive'] = (_parent, { quota }, context) =>
  context.usecases.roomForDrive(context, quota);
