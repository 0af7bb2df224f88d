import type { QueryResolvers } from '../../generated/resolvers.js';

export const deviceLogin: QueryResolvers['deviceLogin'] = (_parent, { userCode }, context) =>
  context.usecases.getDeviceLogin(userCode, context);
