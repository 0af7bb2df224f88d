import type { QueryResolvers } from '../../generated/resolvers.js';

export const audit: QueryResolvers['audit'] = (_parent, _arguments, context) => context.usecases.getAuditTrail(context);
