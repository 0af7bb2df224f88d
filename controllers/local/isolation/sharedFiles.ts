import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Written } from './isolation.js';

/** Where everybody may write. */
const SHARED_FOLDERS = ['/tmp', '/var/tmp', '/dev/shm'];
const BLOCK_BYTES = 512;
const OTHERS_MAY_WRITE = 0o002;
/** More need not be looked at: a job of so many is over its limit anyway. */
const ENTRIES_MAX = 250_000;
const REMOVAL_MS_MAX = 60_000;

/**
 * A folder that its owner closed is opened first; what is left after that is others'. Folders into which the user can
 * have written nothing are not entered: a machine's /tmp may be large.
 */
const REMOVE = `
find /tmp /var/tmp /dev/shm -mindepth 1 -type d ! -user "$1" ! -perm -002 -prune -o \\
  -user "$1" -type d ! -perm -700 -exec chmod u+rwx {} \\;
find /tmp /var/tmp /dev/shm -mindepth 1 -type d ! -user "$1" ! -perm -002 -prune -o \\
  -user "$1" -prune -exec rm -rf -- {} +
`;

/**
 * What a user owns in the folders where everybody may write, in their own folders there and in those that others have
 * opened to everybody. No link is followed; what is gone meanwhile is passed over.
 */
export async function filesOf(uid: number): Promise<Written> {
  const sum = { bytes: 0, entries: 0 };
  for (const folder of SHARED_FOLDERS) await addFilesOf(uid, folder, sum);
  return sum;
}

async function addFilesOf(uid: number, folder: string, sum: { bytes: number; entries: number }): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (sum.entries > ENTRIES_MAX) return;
    const path = join(folder, name);
    const entry = await lstat(path).catch(() => null);
    if (entry === null) continue;
    if (entry.uid === uid) {
      sum.entries += 1;
      sum.bytes += entry.blocks * BLOCK_BYTES;
    }
    if (entry.isDirectory() && (entry.uid === uid || (entry.mode & OTHERS_MAY_WRITE) !== 0)) {
      await addFilesOf(uid, path, sum);
    }
  }
}

/**
 * Removes a user's files from the folders where everybody may write. It is done as that user: another job that swaps a
 * folder for a link meanwhile cannot lead it to anything that the user may not remove.
 */
export async function removeFilesOf(uid: number): Promise<void> {
  const remover = spawn('/bin/sh', ['-c', REMOVE, 'tollgate-remove', String(uid)], {
    uid,
    gid: uid,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: 'ignore',
    timeout: REMOVAL_MS_MAX,
    killSignal: 'SIGKILL',
  });
  await once(remover, 'close').catch(() => undefined);
}
