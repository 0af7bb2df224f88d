import type { FileResolvers } from '../generated/resolvers.js';

/** The fields of a file: those of its current version are its own. */
export const File = {
  __resolveReference: ({ id }, { usecases, loaders, viewer }) => usecases.findFile(loaders, viewer, id),
  size: (file) => file.current.sizeBytes,
  contentType: (file) => file.current.contentType,
  sha256: (file) => file.current.sha256,
  currentVersion: (file) => file.current,
  versions: (file, page, { usecases }) => usecases.listVersions(file, page),
} satisfies Partial<FileResolvers>;
