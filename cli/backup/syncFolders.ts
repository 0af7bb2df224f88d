import { dirname, join } from 'node:path';
import { syncFolder } from '../../platform/kernel/syncFolder.js';

/**
 * Flushes a folder's entries and those of the folders in it that hold files, so that no power cut takes a file out of one.
 * @param paths of the files, from the folder
 */
export async function syncFolders(folder: string, paths: Iterable<string>): Promise<void> {
  const folders = new Set(['.']);
  for (const path of paths) {
    for (let above = dirname(path); !folders.has(above); above = dirname(above)) folders.add(above);
  }
  for (const path of folders) await syncFolder(join(folder, path));
}
