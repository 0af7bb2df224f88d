import { type Refused, refused } from '../../../platform/kernel/refusal.js';
import { storageLimits } from './limits.js';

/** What drives hold and may still be sent, in plaintext bytes. */
export interface Commitment {
  /** What drives that are not CLOSED may still be sent: their quotas less what is stored of them. */
  readonly promised: bigint;
  /** What is stored of all drives, CLOSED ones included. */
  readonly stored: bigint;
}

/** What there is to give away, in bytes. */
interface Supply {
  /** What is free on the disk now; null where nobody can tell. */
  readonly free: bigint | null;
  /** What all drives together may hold, where the operator said so; else null, and the disk decides. */
  readonly stated: bigint | null;
}

/**
 * Whether a drive of this quota can be promised so that every drive can be filled. What is stored is gone from the free
 * bytes already, so that only the rest of each quota is set against them.
 */
export function canPromise(quotaBytes: bigint, { promised, stored }: Commitment, { free, stated }: Supply): boolean {
  const room = stated === null ? (free ?? 0n) - storageLimits.reserveBytes : stated - stored;
  return promised + quotaBytes <= room;
}

/** Whether the reserve is still free once these bytes are written, whatever was promised. Where nobody can tell, the write itself does. */
export const leavesReserve = (bytes: bigint, free: bigint | null): boolean =>
  free === null || free - bytes >= storageLimits.reserveBytes;

/** The refusal of a drive that there is no room for. */
export const noRoomForDrive = (): Refused =>
  refused(
    'CAPACITY_EXCEEDED',
    'There is no room for a drive of that size. Ask for less, or ask the operator for room.',
  );

/** The refusal of bytes that the disk cannot take now. */
export const noRoomForBytes = (): Refused =>
  refused(
    'CAPACITY_EXCEEDED',
    'The disk has no room for that now. Ask the operator for room, then begin with a fresh key or send the part again.',
  );
