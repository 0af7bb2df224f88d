import { writeFile } from 'node:fs/promises';
import { ConfigurationError } from './configurationError.js';
import { firstConfiguration } from './firstConfiguration.js';

/**
 * Writes the file with every key explained where there is none; one that is there is left as it is.
 * @returns whether it was written
 * @throws ConfigurationError where it cannot be written
 */
export async function writeFirstConfiguration(file: string): Promise<boolean> {
  try {
    await writeFile(file, firstConfiguration(), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new ConfigurationError([
      `${file} is not there and cannot be written (${code}); make it ("tollgate configuration init ${file}"), or name another.`,
    ]);
  }
}
