import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const createPersonalAccessKey: MutationResolvers['createPersonalAccessKey'] = async (
  _parent,
  { input },
  context,
) => toPayload(await context.usecases.createPersonalAccessKey(input, context), (shown) => shown);
