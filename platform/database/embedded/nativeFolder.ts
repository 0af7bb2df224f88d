import { chmod, cp, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hydrateSymlinks } from './hydrateSymlinks.js';
import type { NativePackage } from './nativePackage.js';
import { isOpenTo } from './reach.js';
import type { ServerUser } from './serverUser.js';

/**
 * The folder to start PostgreSQL from: the package's own where that works, else a copy in the home (60 MB, made once):
 * the server's user may not be able to pass the way to node_modules (root's home is 0700), or node_modules is read-only
 * and lacks its links.
 */
export async function nativeFolder(options: {
  readonly home: string;
  readonly source: NativePackage;
  readonly user: ServerUser | undefined;
}): Promise<string> {
  const { home, source, user } = options;
  const copy = join(home, `postgres-native-${source.version}`);
  if (await exists(copy)) return copy;
  const reachable = user === undefined || (await isReachable(source.folder, user));
  if (reachable && (await hydrateSymlinks(source.folder))) return source.folder;
  await copyOnce(source.folder, copy);
  return copy;
}

async function isReachable(folder: string, user: ServerUser): Promise<boolean> {
  for (const part of ['bin/postgres', 'bin/initdb', 'lib', 'share']) {
    if (!(await isOpenTo(join(folder, part), user))) return false;
  }
  return true;
}

/** Copies aside, then renames, so that a half-made copy is never started from and two starts do not collide. */
async function copyOnce(from: string, to: string): Promise<void> {
  const aside = await mkdtemp(`${to}.`);
  try {
    // The links' list gives its paths from the parent of a folder that is called native.
    const native = join(aside, 'native');
    await cp(from, native, { recursive: true, verbatimSymlinks: true });
    await hydrateSymlinks(native);
    await openToAll(native);
    await rename(native, to).catch(async (error: unknown) => {
      if (!(await exists(to))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** 0755 for folders and programs, 0644 for files: the source may come from an install with a strict umask. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
