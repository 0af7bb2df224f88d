/** Deletes what an ended upload left in the object store. Payload: { uploadId }. */
export const TIDY_TASK = 'storage.tidyUpload';
/** Gives back what expired uploads hold, and asks for itself again. No payload. */
export const SWEEP_TASK = 'storage.sweepUploads';
/** Deletes the content of a drive for good. Payload: { driveId }. */
export const PURGE_TASK = 'storage.purgeDrive';
/** The key of a drive's PURGE_TASK: at most one waits. */
export const purgeKey = (driveId: string): string => `purge:${driveId}`;
