import { writeFile } from 'node:fs/promises';
import { firstConfiguration } from './firstConfiguration.js';

/**
 * Writes the file with every key explained where there is none; one that is there is left as it is.
 * @returns whether it was written
 * @throws an error of the file system other than that there is one
 */
export async function writeFirstConfiguration(file: string): Promise<boolean> {
  try {
    await writeFile(file, firstConfiguration(), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
