import type { Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput, notFound } from '../../../platform/kernel/faults.js';
import type { Drive } from '../domain/drive.js';
import type { StoredFile } from '../domain/file.js';
import { parseFolder } from '../domain/path.js';
import type { FileRecords } from './ports.js';
import { maySee } from './visibility.js';

/**
 * The files below a folder of a drive, by path, however deep.
 * @throws Fault NOT_FOUND where the viewer, for example a service that made the drive, may not see what is in it;
 * BAD_USER_INPUT for what is not a path
 */
export async function listFiles(
  files: FileRecords,
  viewer: Viewer,
  drive: Drive,
  folder: string,
  asked: PageArguments,
): Promise<Connection<StoredFile>> {
  if (!maySee(viewer, drive.ownerId)) throw notFound('drive');
  const parsed = parseFolder(folder, ['path']);
  if (!parsed.ok) throw badUserInput(parsed.refusal.message);
  const page = parsePage(asked, 1);
  return toConnection(await files.pageBelow(drive.id, parsed.value, page), page, (file) => [file.path]);
}
