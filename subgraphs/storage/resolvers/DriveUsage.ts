import { totalUsage } from '../domain/drive.js';
import type { DriveUsageResolvers } from '../generated/resolvers.js';

/** What a drive holds, with the sum. */
export const DriveUsage = { total: totalUsage } satisfies Partial<DriveUsageResolvers>;
