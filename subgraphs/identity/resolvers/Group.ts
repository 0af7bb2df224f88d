import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const Group = {
  __resolveReference: ({ id }, context) => context.usecases.findGroup(context, id),
  status: ({ archivedAt }) => (archivedAt === null ? 'ACTIVE' : 'ARCHIVED'),
  viewerRole: ({ id }, _arguments, context) => context.usecases.roleOfViewer(context, id),
  invitations: (group, page, context) => context.usecases.listInvitationsOfGroup(context, group.id, page),
  members: (group, page, context) => context.usecases.listGroupMembers(context, group.id, page),
} satisfies RequiredResolvers<Resolvers>['Group'];
