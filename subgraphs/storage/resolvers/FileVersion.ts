import type { FileVersionResolvers } from '../generated/resolvers.js';

/** The fields of a version that its row names otherwise. */
export const FileVersion = { size: (version) => version.sizeBytes } satisfies Partial<FileVersionResolvers>;
