import { z } from 'zod';
import type { Dependencies } from '../usecases/dependencies.js';
import { purgeDrive } from '../usecases/purgeDrive.js';
import { PURGE_TASK, purgeKey } from '../usecases/tasks.js';
import { unlessHeld } from './unlessHeld.js';

const payloadSchema = z.object({ driveId: z.string() });

/** The task that deletes the content of a drive for good. */
export function purgeDriveTask(dependencies: Dependencies, payload: unknown): Promise<void> {
  const { driveId } = payloadSchema.parse(payload);
  const task = { name: PURGE_TASK, payload, jobKey: purgeKey(driveId) };
  return unlessHeld(dependencies, task, () => purgeDrive(dependencies, driveId));
}
