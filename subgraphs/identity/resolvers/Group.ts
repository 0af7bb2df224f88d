import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const Group = {
  __resolveReference: ({ id }, context) => context.usecases.findGroup(context, id),
  members: (group, page, context) => context.usecases.listGroupMembers(context, group.id, page),
} satisfies RequiredResolvers<Resolvers>['Group'];
