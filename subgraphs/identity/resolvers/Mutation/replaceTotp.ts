import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const replaceTotp: MutationResolvers['replaceTotp'] = async (_parent, { input }, context) =>
  toPayload(await context.usecases.replaceTotp(input, context), (begun) => begun);
