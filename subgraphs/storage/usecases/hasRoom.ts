import { canPromise } from '../domain/capacity.js';
import type { Dependencies } from './dependencies.js';
import type { DriveRecords } from './ports.js';

/**
 * Whether so many bytes can be promised besides what was promised before. Decided by one transaction at a time, so that
 * two drives never get the same room.
 */
export async function hasRoom(
  { freeBytes, capacityBytes }: Pick<Dependencies, 'freeBytes' | 'capacityBytes'>,
  drives: DriveRecords,
  quotaBytes: bigint,
): Promise<boolean> {
  await drives.lockCapacity();
  // Before the disk is looked at: a part that arrives in between is then counted twice, not left out.
  const commitment = await drives.commitment();
  return canPromise(quotaBytes, commitment, { free: await freeBytes(), stated: capacityBytes });
}
