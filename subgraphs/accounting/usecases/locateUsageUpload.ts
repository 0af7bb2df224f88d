import type { Viewer } from '../../../platform/auth/viewer.js';
import { requireMeter } from './usageRights.js';

/** Where the cluster's usage is streamed to. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND */
export const makeLocateUsageUpload =
  ({ usageUploadUrl }: { readonly usageUploadUrl: (clusterId: string) => string }) =>
  (viewer: Viewer, clusterId: string): string => {
    requireMeter(viewer, clusterId);
    return usageUploadUrl(clusterId);
  };
