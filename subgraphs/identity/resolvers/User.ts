import { notFound } from '../../../platform/kernel/faults.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import type { UserView } from '../usecases/views.js';

/** What is shown to the person and operators alone; for others it is as if it were not there. */
function own(user: UserView, field: string): NonNullable<UserView['own']> {
  if (user.own === null) throw notFound(field);
  return user.own;
}

export const User = {
  __resolveReference: ({ id }, context) => context.usecases.findUser(context, id),
  email: (user) => {
    if (user.private === null) throw notFound('mail address');
    return user.private.email;
  },
  status: (user) => own(user, 'status').status,
  createdAt: (user) => own(user, 'date').createdAt,
  origin: (user) => own(user, 'origin').origin,
  operator: (user) => own(user, 'right').operator,
  invitations: (user, page, context) => context.usecases.listInvitationsOfUser(context, user, page),
  groups: (user, page, context) => context.usecases.listGroupsOfUser(context, user, page),
  audit: (user, _arguments, context) => context.usecases.getAuditTrailOf(user),
  personalAccessKeys: (user, page, context) => context.usecases.listPersonalAccessKeys(context, user, page),
  sessions: (user, page, context) => context.usecases.listSessions(context, user, page),
} satisfies RequiredResolvers<Resolvers>['User'];
