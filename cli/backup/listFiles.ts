import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError } from './backupError.js';

/** How deep a folder may be: a link that leads to a folder above itself has no end. */
const DEPTH_MAX = 32;

/**
 * The files below a folder, by their paths from it, sorted; links are followed. Sockets and the like are left out, and what a check of
 * the disk found; a folder that is not there has none.
 * @param isLeftOut asked for each path, a folder's too
 */
export async function listFiles(
  folder: string,
  isLeftOut: (path: string) => boolean = () => false,
): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (below: string, depth: number): Promise<void> => {
    if (depth > DEPTH_MAX) throw new BackupError(`${join(folder, below)} is too deep; a link may lead above itself.`);
    for (const name of (await ifThere(readdir(join(folder, below)))) ?? []) {
      const path = below === '' ? name : `${below}/${name}`;
      if (name === 'lost+found' || isLeftOut(path)) continue;
      if (/[\n\r\\]/.test(name))
        throw new BackupError(`The name of ${JSON.stringify(path)} has a line end or backslash; rename it.`);
      const kind = await ifThere(stat(join(folder, path)));
      if (kind?.isDirectory() === true) await look(path, depth + 1);
      else if (kind?.isFile() === true) found.push(path);
    }
  };
  await look('', 0);
  return found.sort();
}

/** Null for what is not there any more, and for links that lead nowhere. */
async function ifThere<Value>(look: Promise<Value>): Promise<Value | null> {
  try {
    return await look;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
