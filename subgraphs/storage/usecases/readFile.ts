import type { Viewer } from '../../../platform/auth/viewer.js';
import { badUserInput, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { StoredFile } from '../domain/file.js';
import { parsePath } from '../domain/path.js';
import type { Loaders } from './loaders.js';
import type { FileRecords } from './ports.js';
import { readDrive } from './readDrive.js';
import { maySee } from './visibility.js';

/** A file by its path. @throws Fault NOT_FOUND, BAD_USER_INPUT for what is not a path */
export async function readFile(
  files: FileRecords,
  loaders: Loaders,
  viewer: Viewer,
  driveId: string,
  path: string,
): Promise<StoredFile> {
  const drive = await readDrive(loaders, viewer, driveId);
  const parsed = parsePath(path, ['path']);
  if (!parsed.ok) throw badUserInput(parsed.refusal.message);
  const file = await files.byPath(drive.id, parsed.value);
  if (file === null) throw notFound('file');
  return file;
}

/** A file that another service's answer names, or null where the viewer may not see it. */
export async function findFile(loaders: Loaders, viewer: Viewer, id: string): Promise<StoredFile | null> {
  const file = isId('file', id) ? await loaders.fileById.load(id) : null;
  const drive = file === null ? null : await loaders.driveById.load(file.driveId);
  return drive !== null && maySee(viewer, drive.ownerId) ? file : null;
}
