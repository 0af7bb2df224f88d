import type { QueryResolvers } from '../../generated/resolvers.js';

export const accessRequests: QueryResolvers['accessRequests'] = (_root, { filter, ...page }, { usecases, viewer }) =>
  usecases.listAccessRequests(viewer, { ...page, status: filter?.status ?? null, toReview: filter?.toReview ?? false });
