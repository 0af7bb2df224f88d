import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const rotateSigningKey: MutationResolvers['rotateSigningKey'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.rotateSigningKey(input, context), (signingKey) => ({ signingKey }));
