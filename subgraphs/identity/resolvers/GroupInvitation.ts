import { notFound } from '../../../platform/kernel/faults.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import { namedUser } from './namedUser.js';

export const GroupInvitation = {
  async group({ groupId }, _arguments, context) {
    const group = await context.usecases.findGroup(context, groupId);
    if (group === null) throw notFound('group');
    return group;
  },
  user: ({ userId }, _arguments, context) => namedUser(context, userId),
  invitedBy: ({ inviterId }, _arguments, context) => namedUser(context, inviterId),
} satisfies RequiredResolvers<Resolvers>['GroupInvitation'];
