import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { nativePackage } from '../../platform/database/embedded/nativePackage.js';
import { packageVersion } from '../../platform/kernel/packageRoot.js';
import { asBackupError, BackupError, DamagedBackup } from './backupError.js';
import { digestOf } from './copyFile.js';
import { eachAtOnce } from './eachAtOnce.js';
import { listFiles } from './listFiles.js';
import { BACKUP_FORMAT, backupLayout, type Manifest, manifestSchema } from './manifest.js';
import type { Progress } from './progress.js';
import { readSums } from './sums.js';

/** A backup that was read to its last byte and is what it was. */
export interface SoundBackup {
  readonly folder: string;
  readonly manifest: Manifest;
  /** The digest of every file, by path. */
  readonly digests: ReadonlyMap<string, string>;
}

interface Checking {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Reads a backup to its last byte: every file is there, none besides, each as it was written.
 * @throws DamagedBackup naming the file; BackupError where this program cannot restore it
 */
export async function verifyBackup(folder: string, how: Checking): Promise<SoundBackup> {
  try {
    return await check(folder, how);
  } catch (error) {
    throw asBackupError(error, 'The check of the backup');
  }
}

async function check(folder: string, { progress, signal }: Checking): Promise<SoundBackup> {
  const digests = readSums(await readText(folder, backupLayout.sums));
  const text = await readText(folder, backupLayout.manifest);
  const quiet = { onBytes: () => undefined, signal };
  if ((await digestOf(join(folder, backupLayout.manifest), quiet)) !== digests.get(backupLayout.manifest)) {
    throw damaged(folder, backupLayout.manifest, 'is not as it was written');
  }
  // The version before the form: a newer program's manifest may have another.
  const parsed: unknown = JSON.parse(text);
  refuseNewer(parsed);
  const { data: manifest } = manifestSchema.safeParse(parsed);
  if (manifest === undefined) throw damaged(folder, backupLayout.manifest, 'has another form');
  await refuseForeign(manifest);
  await checkFiles(folder, { manifest, digests }, { progress, signal });
  return { folder, manifest, digests };
}

async function checkFiles(
  folder: string,
  { manifest, digests }: Pick<SoundBackup, 'manifest' | 'digests'>,
  { progress, signal }: Checking,
): Promise<void> {
  const there = new Set(await listFiles(folder));
  there.delete(backupLayout.sums);
  for (const path of digests.keys()) if (!there.delete(path)) throw damaged(folder, path, 'is missing');
  for (const path of there) throw damaged(folder, path, 'does not belong to it');
  if (digests.size !== manifest.files + 1) throw damaged(folder, backupLayout.sums, 'is cut off');
  progress.begin('Checking', manifest.bytes);
  await eachAtOnce(digests, async ([path, digest]) => {
    const found = await digestOf(join(folder, path), { onBytes: (bytes) => progress.add(bytes), signal });
    if (found !== digest) throw damaged(folder, path, 'is not as it was written');
  });
}

async function readText(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    throw new DamagedBackup(
      `${folder} is no backup, or only a part of one: it has no ${name}; take another copy of it.`,
    );
  }
}

const damaged = (folder: string, path: string, what: string): DamagedBackup =>
  new DamagedBackup(`The backup ${folder} is damaged: ${path} ${what}; take another copy of it, or an older one.`);

function refuseNewer(manifest: unknown): void {
  const { format, program } = z.object({ format: z.number(), program: z.string() }).parse(manifest);
  if (format <= BACKUP_FORMAT && !isNewer(program, packageVersion)) return;
  throw new BackupError(
    `The backup was made by Tollgate ${program}, which is newer than this one (${packageVersion}); restore it with that version or a newer one.`,
  );
}

async function refuseForeign({ postgres: { major, processor } }: Manifest): Promise<void> {
  const own = Number.parseInt((await nativePackage()).version, 10);
  if (major !== own) {
    throw new BackupError(
      `The backup's databases are of PostgreSQL ${major}, this program brings ${own}; restore it with the version of Tollgate that made it.`,
    );
  }
  if (processor !== process.arch) {
    throw new BackupError(
      `The backup's databases are for ${processor} processors and this machine has ${process.arch}; restore it on a machine like the one it was made on.`,
    );
  }
}

/** Whether one version (1.2.3) is above another. */
function isNewer(one: string, other: string): boolean {
  const numbers = (version: string): readonly number[] => version.split(/[.-]/).slice(0, 3).map(Number);
  const [left, right] = [numbers(one), numbers(other)];
  for (const position of [0, 1, 2]) {
    const difference = (left[position] ?? 0) - (right[position] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
