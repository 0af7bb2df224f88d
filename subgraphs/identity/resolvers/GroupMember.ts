import { notFound } from '../../../platform/kernel/faults.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';

export const GroupMember = {
  async user(member, _arguments, context) {
    const user = await context.usecases.findUser(context, member.userId);
    if (user === null) throw notFound('user');
    return user;
  },
} satisfies RequiredResolvers<Resolvers>['GroupMember'];
