import type { UploadPartResolvers } from '../generated/resolvers.js';

/** One part. The URL is all the proof that this store wants: no header need be sent. */
export const UploadPart = {
  size: (part) => BigInt(part.bytes),
  headers: () => [],
} satisfies Partial<UploadPartResolvers>;
