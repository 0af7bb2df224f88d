import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { openBaseBackup } from '../../platform/database/embedded/baseBackup.js';
import { packageVersion } from '../../platform/kernel/packageRoot.js';
import { syncFolder } from '../../platform/kernel/syncFolder.js';
import type { Environment } from '../environment.js';
import { asBackupError, BackupError } from './backupError.js';
import { bucketOf } from './bucket.js';
import { copyFile, digestOf, type Measured, measure } from './copyFile.js';
import { type HeldServer, withHeldServer } from './databaseServer.js';
import { eachAtOnce } from './eachAtOnce.js';
import { BACKUP_FORMAT, backupLayout, type Manifest } from './manifest.js';
import type { Progress } from './progress.js';
import { elsewhereOf, homeFiles, isSecret, objectFiles, refuseWithin, type SourceFile } from './sources.js';
import { sumsText } from './sums.js';
import { syncFolders } from './syncFolders.js';

/** What to back up, and where to. */
export interface BackupOptions {
  readonly environment: Environment;
  /** A folder that is not there yet, or is empty. */
  readonly target: string;
  readonly progress: Progress;
  /** Ends it; nothing is left of it then. */
  readonly signal: AbortSignal;
}

/** Keys change once in months; that they change during each of so many copies is no chance. */
const ATTEMPTS_MAX = 3;

/**
 * Backs a home up while it serves: all databases at one point in time, the objects that they name at it, and the keys that
 * open them. It is made aside and gets its name when it is whole.
 * @throws BackupError, DatabaseStartError
 */
export async function takeBackup(options: BackupOptions): Promise<Manifest> {
  const { environment, signal } = options;
  const target = resolve(options.target);
  await refuseWithin(target, environment);
  await refuseFull(target);
  try {
    const aside = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
    try {
      const manifest = await withHeldServer(options, (server) => fill(aside, server, options));
      signal.throwIfAborted();
      await rename(aside, target);
      await syncFolder(dirname(target));
      return manifest;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  } catch (error) {
    throw asBackupError(error, 'The backup');
  }
}

async function refuseFull(target: string): Promise<void> {
  const names = await readdir(target).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new BackupError(`${target} is a file; name a folder that is not there yet.`);
    throw asBackupError(error, 'The backup');
  });
  if (names.length > 0) throw new BackupError(`${target} is not empty; name a folder that is not there yet.`);
  const above = await stat(dirname(target)).catch(() => null);
  if (above?.isDirectory() !== true) throw new BackupError(`${dirname(target)} is not there; make it first.`);
}

async function fill(aside: string, server: HeldServer, options: BackupOptions): Promise<Manifest> {
  const { environment, progress } = options;
  const digests = new Map<string, string>();
  let bytes = 0;
  const note = (path: string, { sha256, bytes: size }: Measured): void => {
    digests.set(path, sha256);
    bytes += size;
  };
  const { point, home } = await copyTogether(aside, server, options);
  for (const [path, measured] of home) note(path, measured);
  // Deletions are held since before the point: whatever the databases named at it is still there.
  const bucket = bucketOf(environment.variables);
  const objects = bucket === undefined ? await objectFiles(environment) : [];
  progress.begin(`Files of drives (${objects.length})`, await bytesOf(objects));
  await copyAll(aside, objects, options, note);
  await server.stillHeld();
  const manifest: Manifest = {
    format: BACKUP_FORMAT,
    program: packageVersion,
    postgres: { major: server.major, processor: process.arch },
    point,
    files: digests.size,
    bytes,
    elsewhere: [...elsewhereOf(environment)],
    bucket,
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFile(join(aside, backupLayout.manifest), text, { mode: 0o600, flush: true });
  const quiet = { onBytes: () => undefined, signal: options.signal };
  digests.set(backupLayout.manifest, await digestOf(join(aside, backupLayout.manifest), quiet));
  const sorted = new Map([...digests].sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(join(aside, backupLayout.sums), sumsText(sorted), { mode: 0o600, flush: true });
  await syncFolders(aside, sorted.keys());
  return manifest;
}

/**
 * Copies the databases and what opens them, such that the keys are those of the databases' point: they were the same before it
 * and after it, or all is copied again.
 */
async function copyTogether(
  aside: string,
  server: HeldServer,
  options: BackupOptions,
): Promise<{ readonly point: Manifest['point']; readonly home: ReadonlyMap<string, Measured> }> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const home = new Map<string, Measured>();
    options.progress.begin('Keys and settings', null);
    const before = await homeFiles(options.environment);
    await copyAll(aside, before, options, (path, measured) => void home.set(path, measured));
    const { point, measured } = await copyDatabases(join(aside, backupLayout.database), server, options);
    home.set(backupLayout.database, measured);
    const after = (await homeFiles(options.environment)).filter(isSecret);
    if (after.length === before.filter(isSecret).length && (await areSame(after, home, options)))
      return { point, home };
    for (const name of [backupLayout.home, backupLayout.database]) await rm(join(aside, name), { recursive: true });
  }
  throw new BackupError('Keys were changed again and again during the backup; try again when nobody rotates them.');
}

async function areSame(
  files: readonly SourceFile[],
  copied: ReadonlyMap<string, Measured>,
  { signal }: BackupOptions,
): Promise<boolean> {
  for (const { from, to } of files) {
    if ((await digestOf(from, { onBytes: () => undefined, signal })) !== copied.get(to)?.sha256) return false;
  }
  return true;
}

async function copyDatabases(
  target: string,
  { superuserUrl, stillHeld }: HeldServer,
  { progress, signal }: BackupOptions,
): Promise<{ readonly point: Manifest['point']; readonly measured: Measured }> {
  progress.begin('Databases', null);
  const after = new Date().toISOString();
  const backup = await openBaseBackup({ url: superuserUrl });
  try {
    const file = createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true });
    const measured = measure((bytes) => progress.add(bytes));
    // The fastest: most of it are pages that are half empty.
    await pipeline(backup.archive, createGzip({ level: 1 }), measured.stream, file, { signal });
    return {
      point: { log: await backup.point, after, before: new Date().toISOString() },
      measured: measured.result(),
    };
  } catch (error) {
    if (!(error instanceof Error) || !('severity' in error)) throw error;
    await stillHeld();
    throw new BackupError(
      `PostgreSQL could not copy itself (${error.message}); clear the cause, which run/postgres.log tells in full, and try again.`,
      { cause: error },
    );
  } finally {
    await backup.close();
  }
}

async function copyAll(
  aside: string,
  files: readonly SourceFile[],
  { progress, signal }: BackupOptions,
  note: (path: string, measured: Measured) => void,
): Promise<void> {
  const onBytes = (bytes: number): void => progress.add(bytes);
  await eachAtOnce(files, async ({ from, to }) => note(to, await copyFile(from, join(aside, to), { onBytes, signal })));
}

async function bytesOf(files: readonly SourceFile[]): Promise<number> {
  let bytes = 0;
  await eachAtOnce(files, async ({ from }) => {
    bytes += (await stat(from)).size;
  });
  return bytes;
}
