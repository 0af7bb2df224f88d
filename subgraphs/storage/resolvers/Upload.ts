import type { UploadResolvers } from '../generated/resolvers.js';

/** The parts of an upload, with URLs for the viewer. */
export const Upload = {
  parts: (upload, _arguments, { usecases, viewer }) => usecases.showParts(viewer, upload),
} satisfies Partial<UploadResolvers>;
