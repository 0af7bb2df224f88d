import { dirname } from 'node:path';
import { writeFileOnce } from '../kernel/files.js';
import { HomeFolderError, makeHomeFolder } from '../kernel/homeFolder.js';
import { ServiceStartError } from '../server/runDirectory.js';
import { type KeyFile, keyFileUnreachable } from './keyFileError.js';

/**
 * Makes a file of keys (0600) and its folder (0700), unless it is there: of several replicas that start at once one makes it.
 * @throws ServiceStartError naming file and setting where it cannot be made
 */
export async function makeKeyFile(file: KeyFile, content: string): Promise<void> {
  await makeKeyFolder(dirname(file.path), file.setting);
  try {
    await writeFileOnce(file.path, content, 0o600);
  } catch (error) {
    throw keyFileUnreachable(file, error);
  }
}

/** Makes the folder of files that a setting names (0700). @throws ServiceStartError naming folder and setting */
export async function makeKeyFolder(path: string, setting: string): Promise<void> {
  try {
    await makeHomeFolder(path, 0o700, setting);
  } catch (error) {
    if (!(error instanceof HomeFolderError)) throw error;
    throw new ServiceStartError(error.message, { cause: error });
  }
}
