import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ServerUser } from './serverUser.js';

const searchBit = 0o1;
const readBit = 0o4;

/**
 * The first folder, from the root down to `path` itself, that the user may not pass, judged by permission bits: asking
 * the system (`access`) would answer for root, who passes everywhere.
 * @returns undefined when `path` is reached
 */
export async function closedFolder(path: string, user: ServerUser): Promise<string | undefined> {
  const parent = dirname(resolve(path));
  const above = parent === path ? undefined : await closedFolder(parent, user);
  if (above !== undefined) return above;
  return (await permits(path, user, searchBit)) ? undefined : path;
}

/** Whether the user may read and, for programs and folders, execute or pass what stands at `path`. */
export async function isOpenTo(path: string, user: ServerUser): Promise<boolean> {
  return (await closedFolder(dirname(path), user)) === undefined && permits(path, user, readBit | searchBit);
}

async function permits(path: string, user: ServerUser, wanted: number): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}
