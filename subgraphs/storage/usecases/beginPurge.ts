import { enqueue } from '../../../platform/work/enqueue.js';
import type { Drive } from '../domain/drive.js';
import type { Records } from './ports.js';
import { PURGE_TASK, purgeKey } from './tasks.js';

/** Closes a drive for its purge in the caller's transaction: from then on nothing of it is read, and a task deletes it. */
export async function beginPurge({ purges, sql }: Records, driveId: string, now: Date): Promise<Drive> {
  const drive = await purges.begin(driveId, now);
  await enqueue(sql, PURGE_TASK, { driveId }, { jobKey: purgeKey(driveId) });
  return drive;
}
