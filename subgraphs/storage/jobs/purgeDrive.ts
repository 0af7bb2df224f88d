import { z } from 'zod';
import type { Dependencies } from '../usecases/dependencies.js';
import { purgeDrive } from '../usecases/purgeDrive.js';

const payloadSchema = z.object({ driveId: z.string() });

/** The task that deletes the content of a drive for good. */
export const purgeDriveTask = (dependencies: Dependencies, payload: unknown): Promise<void> =>
  purgeDrive(dependencies, payloadSchema.parse(payload).driveId);
