import { notFound } from '../../../platform/kernel/faults.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Context } from '../context.js';
import type { Resolvers } from '../generated/resolvers.js';
import type { UserView } from '../usecases/views.js';

async function userOf(context: Context, id: string): Promise<UserView> {
  const user = await context.usecases.findUser(context, id);
  if (user === null) throw notFound('user');
  return user;
}

export const GroupInvitation = {
  async group({ groupId }, _arguments, context) {
    const group = await context.usecases.findGroup(context, groupId);
    if (group === null) throw notFound('group');
    return group;
  },
  user: ({ userId }, _arguments, context) => userOf(context, userId),
  invitedBy: ({ inviterId }, _arguments, context) => userOf(context, inviterId),
} satisfies RequiredResolvers<Resolvers>['GroupInvitation'];
