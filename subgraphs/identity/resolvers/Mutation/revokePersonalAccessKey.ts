import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const revokePersonalAccessKey: MutationResolvers['revokePersonalAccessKey'] = async (
  _parent,
  { input },
  context,
) =>
  toPayload(await context.usecases.revokePersonalAccessKey(input, context), (personalAccessKey) => ({
    personalAccessKey,
  }));
