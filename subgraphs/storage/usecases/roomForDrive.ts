import { requireService } from '../../../platform/auth/viewer.js';
import { storageLimits } from '../domain/limits.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { hasRoom } from './hasRoom.js';

/** Whether provisionDrive would find room for a quota now; nothing is promised by it. For the access service. */
export async function roomForDrive(dependencies: Dependencies, caller: Caller, quotaBytes: bigint): Promise<boolean> {
  requireService(caller.viewer, 'access');
  if (quotaBytes < 1n || quotaBytes > storageLimits.quotaBytesMax) return false;
  return dependencies.database.transaction(({ drives }) => hasRoom(dependencies, drives, quotaBytes));
}
