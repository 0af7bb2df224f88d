import type { JobInputResolvers } from '../generated/resolvers.js';

/** A job's input; a URL is there where one was signed. */
export const JobInput = {
  as: (input) => input.name,
  size: (input) => input.sizeBytes,
  url: (input) => ('url' in input ? String(input.url) : null),
} satisfies Partial<JobInputResolvers>;
