import type { Refused } from '../../../platform/kernel/refusal.js';
import { refused } from '../../../platform/kernel/refusal.js';
import { storageLimits } from './limits.js';

/** Where a drive is in its life. */
export type DriveStatus = 'INACTIVE' | 'ACTIVE' | 'READ_ONLY' | 'CLOSED';

/** A tree of files with a quota, usable in the half-open window [startsAt, endsAt). */
export interface Drive {
  readonly id: string;
  readonly grantId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly quotaBytes: bigint;
  /** The status as it was last set; `statusAt` says what holds now. */
  readonly status: DriveStatus;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** When closeDrive ended it; null until then. */
  readonly closedAt: Date | null;
  /** When the last of its content was deleted for good; null until then. */
  readonly purgedAt: Date | null;
  readonly createdAt: Date;
}

/** Plaintext bytes of a drive, by what keeps them. */
export interface DriveUsage {
  readonly live: bigint;
  readonly versions: bigint;
  readonly trash: bigint;
  readonly incomplete: bigint;
}

/** What the quota limits. */
export const totalUsage = (usage: DriveUsage): bigint => usage.live + usage.versions + usage.trash + usage.incomplete;

/**
 * A drive's status at an instant. The window is looked at here, at each use, so that a drive opens and ends on time
 * without a timer: before its window it is not usable, after it READ_ONLY for 14 days, then CLOSED.
 */
export function statusAt(drive: Drive, now: Date): DriveStatus {
  if (drive.status === 'INACTIVE' || drive.status === 'CLOSED') return drive.status;
  if (now < drive.startsAt) return 'INACTIVE';
  const endedAt = drive.closedAt !== null && drive.closedAt < drive.endsAt ? drive.closedAt : drive.endsAt;
  if (now < endedAt) return 'ACTIVE';
  return now.getTime() < endedAt.getTime() + storageLimits.readOnlyMs ? 'READ_ONLY' : 'CLOSED';
}

/** Whether bytes can be written. */
export const isWritable = (drive: Drive, now: Date): boolean => statusAt(drive, now) === 'ACTIVE';

/** Whether bytes can be read. */
export const isReadable = (drive: Drive, now: Date): boolean => ['ACTIVE', 'READ_ONLY'].includes(statusAt(drive, now));

/** The refusal DRIVE_NOT_ACTIVE, naming the status. */
export const driveNotActive = (drive: Drive, now: Date): Refused =>
  refused('DRIVE_NOT_ACTIVE', `The drive is ${statusAt(drive, now)} now.`);
