import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import { namedUser } from './namedUser.js';

export const GroupMember = {
  user: ({ userId }, _arguments, context) => namedUser(context, userId),
} satisfies RequiredResolvers<Resolvers>['GroupMember'];
