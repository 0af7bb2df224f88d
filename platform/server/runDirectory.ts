import { statSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { unavailable } from '../kernel/faults.js';
import { writeFileAtomically } from '../kernel/files.js';
import { HomeFolderError, makeHomeFolder, requireOwn } from '../kernel/homeFolder.js';
import type { ServiceName } from '../kernel/services.js';
import { startTimeOf } from './startTimeOf.js';

/** A service that cannot start; the message is one sentence with the cause and the remedy. */
export class ServiceStartError extends Error {
  override readonly name = 'ServiceStartError';
}

const addressSchema = z.object({ pid: z.number(), url: z.string() });

/** The right to be the one process that serves `service` on a home. */
export interface ServiceLock {
  /** Tells services on the same home where this one listens. */
  announce(url: string): Promise<void>;
  /** Gives the right and the announcement up. */
  release(): Promise<void>;
}

/**
 * Takes the lock of a service on a home (`run/<service>.lock`). A lock whose process is gone is taken over.
 * @throws ServiceStartError where the same service runs on this home already, or the home cannot be made
 */
export async function lockService(home: string, service: ServiceName): Promise<ServiceLock> {
  const folder = await makeRunFolder(home);
  const lockFile = join(folder, `${service}.lock`);
  const addressFile = join(folder, `${service}.json`);
  await takeLock(lockFile, service, home);
  return {
    announce: (url) => writeFileAtomically(addressFile, JSON.stringify({ pid: process.pid, url }), 0o600),
    async release() {
      await rm(addressFile, { force: true });
      await rm(lockFile, { force: true });
    },
  };
}

/**
 * Where a service listens that runs on this home now, by the living holder of its lock: for whoever sends credentials there,
 * since an announcement outlives a crash and its port may be another program's by then.
 * @throws Fault SUBGRAPH_UNAVAILABLE where it does not run
 */
export async function runningUrl(home: string, service: ServiceName): Promise<string> {
  const holder = await readFile(join(home, 'run', `${service}.lock`), 'utf8').catch(() => '');
  if (!(await isLiving(holder))) throw unavailable(service);
  return announcedUrl(home, service);
}

/** Whether the process that a lock file names lives. */
async function isLiving(holder: string): Promise<boolean> {
  const [pid = '', startTime = ''] = holder.split(' ');
  return pid !== '' && startTime !== '' && (await startTimeOf(Number(pid))) === startTime;
}

/** By file: what was read of it, and the version that was read. */
const announcements = new LRUCache<string, { readonly version: string; readonly url: string }>({ max: 64 });

/** Where a service on this home listens. @throws Fault SUBGRAPH_UNAVAILABLE while it does not */
export async function announcedUrl(home: string, service: ServiceName): Promise<string> {
  const file = join(home, 'run', `${service}.json`);
  try {
    // Asked before every call to a peer. A look at the file takes microseconds, reading it four turns of the thread pool.
    const { ino, mtimeNs } = statSync(file, { bigint: true });
    const version = `${ino} ${mtimeNs}`;
    const known = announcements.get(file);
    if (known?.version === version) return known.url;
    const { url } = addressSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    announcements.set(file, { version, url });
    return url;
  } catch {
    throw unavailable(service);
  }
}

/**
 * Makes the folder in which what runs on a home says so, where it is not there.
 * @throws ServiceStartError where it cannot be made, or the home is another user's
 */
export async function makeRunFolder(home: string): Promise<string> {
  const folder = join(home, 'run');
  try {
    await makeHomeFolder(folder);
    await requireOwn(home, process.getuid?.());
    return folder;
  } catch (error) {
    if (!(error instanceof HomeFolderError)) throw error;
    throw new ServiceStartError(error.message, { cause: error });
  }
}

async function takeLock(path: string, service: string, home: string): Promise<void> {
  const mine = `${process.pid} ${await startTimeOf(process.pid)}`;
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(mine);
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readFile(path, 'utf8').catch(() => '');
    const [pid = ''] = holder.split(' ');
    if (await isLiving(holder)) {
      throw new ServiceStartError(
        `The ${service} service already runs on ${home} as process ${pid}; stop that one first, or set another TOLLGATE_HOME.`,
      );
    }
    await rm(path, { force: true });
  }
}
