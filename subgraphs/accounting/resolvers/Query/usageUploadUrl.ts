import type { QueryResolvers } from '../../generated/resolvers.js';

/** Query.usageUploadUrl */
export const usageUploadUrl: QueryResolvers['usageUploadUrl'] = (_parent, { clusterId }, { usecases, viewer }) =>
  usecases.locateUsageUpload(viewer, clusterId);
