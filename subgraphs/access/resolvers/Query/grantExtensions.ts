import type { QueryResolvers } from '../../generated/resolvers.js';

export const grantExtensions: QueryResolvers['grantExtensions'] = (_root, { filter, ...page }, { usecases, viewer }) =>
  usecases.listGrantExtensions(viewer, {
    ...page,
    status: filter?.status ?? null,
    toReview: filter?.toReview ?? false,
  });
