import type { PartPlan } from './parts.js';

/** Where an upload is in its life, as it was last set; `isOpen` looks at the time too. */
export type UploadStatus = 'OPEN' | 'COMPLETED' | 'ABORTED';

/** A version that is being sent in parts. */
export interface Upload extends PartPlan {
  readonly id: string;
  readonly driveId: string;
  readonly path: string;
  readonly sha256: string;
  readonly status: UploadStatus;
  readonly expiresAt: Date;
  /** Counts the parts that arrived, again or for the first time: a digest of them holds for one revision. */
  readonly revision: number;
}

/** A part that arrived whole. */
export interface ReceivedPart {
  readonly number: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Where the object store keeps it. */
  readonly objectKey: string;
}

/** Whether parts can still be sent: an expired upload is over whether or not the sweeper has come by. */
export const isOpen = (upload: Upload, now: Date): boolean => upload.status === 'OPEN' && now < upload.expiresAt;
