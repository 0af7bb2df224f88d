import { toPayload } from '../../../../platform/server/payload.js';
import type { MutationResolvers } from '../../generated/resolvers.js';

export const rotateKeyEncryptionKey: MutationResolvers['rotateKeyEncryptionKey'] = async (
  _parent,
  { input },
  context,
) =>
  toPayload(await context.usecases.rotateKeyEncryptionKey(input, context), (keyEncryptionKey) => ({
    keyEncryptionKey,
  }));
