import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { HomeFolderError, makeHomeFolder } from '../../platform/kernel/homeFolder.js';
import { syncFolder } from '../../platform/kernel/syncFolder.js';
import { asBackupError, BackupError, DamagedBackup } from './backupError.js';
import { copyFile } from './copyFile.js';
import { eachAtOnce } from './eachAtOnce.js';
import { backupLayout, type Manifest } from './manifest.js';
import type { Progress } from './progress.js';
import { restoreDatabases } from './restoreDatabases.js';
import { syncFolders } from './syncFolders.js';
import { type SoundBackup, verifyBackup } from './verifyBackup.js';

/** What to restore, and where to. */
export interface RestoreOptions {
  readonly backup: string;
  /** A folder that is not there yet, or is empty. */
  readonly home: string;
  readonly progress: Progress;
  /** Ends it; nothing is left of it then. */
  readonly signal: AbortSignal;
}

/** What was restored. */
export interface Restored {
  readonly manifest: Manifest;
  /** Log-ins that were ended, since what ended them after the backup's point is not known any more. */
  readonly endedSessions: number;
}

/**
 * Makes a home from a backup: all of it is checked before anything is written, and the home gets its name when its databases
 * have come up and been brought to this program's version.
 * @throws BackupError, DamagedBackup, DatabaseStartError, MigrationError
 */
export async function restoreBackup({ backup, home, progress, signal }: RestoreOptions): Promise<Restored> {
  const target = resolve(home);
  try {
    await refuseFull(target);
    const sound = await verifyBackup(resolve(backup), { progress, signal });
    const made = await makeHomeFolder(dirname(target), 0o755);
    // A home that is on disk in a folder that is not would be gone all the same.
    for (const folder of made) await syncFolder(dirname(folder));
    const aside = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
    try {
      await copyBack(sound, aside, { progress, signal });
      const endedSessions = await restoreDatabases(sound, aside, { progress, signal });
      signal.throwIfAborted();
      await putInPlace(aside, target);
      return { manifest: sound.manifest, endedSessions };
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  } catch (error) {
    if (error instanceof HomeFolderError) throw new BackupError(error.message, { cause: error });
    throw asBackupError(error, 'The restore');
  }
}

async function refuseFull(home: string): Promise<void> {
  const names = await readdir(home).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new BackupError(`${home} is a file; name a folder that is not there yet.`);
    throw error;
  });
  if (names.length === 0) return;
  throw new BackupError(
    `${home} is not empty, and a restore writes over nothing; move it away or name another with --home.`,
  );
}

/** Everything but the databases, each file digested once more as it is read. */
async function copyBack(
  { folder, manifest, digests }: SoundBackup,
  home: string,
  { progress, signal }: Pick<RestoreOptions, 'progress' | 'signal'>,
): Promise<void> {
  progress.begin('Restoring files', manifest.bytes);
  const onBytes = (bytes: number): void => progress.add(bytes);
  await mkdir(join(home, backupLayout.objects), { mode: 0o700 });
  const places: string[] = [backupLayout.objects];
  await eachAtOnce(digests, async ([path, digest]) => {
    const place = placeOf(path);
    if (place === null) return;
    places.push(place);
    const { sha256 } = await copyFile(join(folder, path), join(home, place), { onBytes, signal });
    if (sha256 !== digest)
      throw new DamagedBackup(`${path} of the backup was changed while it was restored; try again.`);
  });
  await syncFolders(home, places);
}

/** Where a file of a backup belongs in a home; null: it is no file of a home. */
function placeOf(path: string): string | null {
  if (path.startsWith(`${backupLayout.home}/`)) return path.slice(backupLayout.home.length + 1);
  return path.startsWith(`${backupLayout.objects}/`) ? path : null;
}

async function putInPlace(aside: string, home: string): Promise<void> {
  try {
    await rename(aside, home);
    await syncFolder(dirname(home));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EBUSY' && code !== 'EXDEV') throw error;
    throw new BackupError(
      `${home} is where a disk is mounted and cannot be replaced; name a folder in it with --home.`,
      {
        cause: error,
      },
    );
  }
}
