import type { Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Drive } from '../domain/drive.js';
import type { Loaders } from './loaders.js';
import { maySee, requireReader } from './visibility.js';

/** One drive. @throws Fault NOT_FOUND also for what the viewer may not see */
export async function readDrive(loaders: Loaders, viewer: Viewer, id: string): Promise<Drive> {
  requireReader(viewer);
  const drive = await findDrive(loaders, viewer, id);
  if (drive === null) throw notFound('drive');
  return drive;
}

/** A drive that another service's answer names, or null where the viewer may not see it. */
export async function findDrive(loaders: Loaders, viewer: Viewer, id: string): Promise<Drive | null> {
  const drive = isId('drive', id) ? await loaders.driveById.load(id) : null;
  return drive !== null && maySee(viewer, drive.ownerId) ? drive : null;
}

/** A grant's drive, or null where it has none or the viewer may not see it. */
export async function findGrantDrive(loaders: Loaders, viewer: Viewer, grantId: string): Promise<Drive | null> {
  const drive = isId('grant', grantId) ? await loaders.driveByGrantId.load(grantId) : null;
  return drive !== null && maySee(viewer, drive.ownerId) ? drive : null;
}
