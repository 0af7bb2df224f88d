import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobEnvironment } from './environment.js';
import type { Isolation } from './isolation.js';
import { limitedCommand } from './limitedCommand.js';
import { listProcesses } from './processes.js';
import { filesOf, removeFilesOf } from './sharedFiles.js';

const KILL_ROUNDS = 50;
const KILL_PAUSE_MS = 20;

/**
 * Every slot's job is another user of this machine, without a name, a group or a right: for a controller that is root.
 * @param firstUid slot n has this uid + n
 * @param prefix the beginning of every job's command, which narrows its rights further; may be empty
 */
export function asOtherUser(firstUid: number, prefix: readonly string[]): Isolation {
  const uidOf = (slot: number): number => firstUid + slot;
  const living = async (slot: number): Promise<readonly number[]> =>
    (await listProcesses()).filter(({ uid }) => uid === uidOf(slot)).map(({ pid }) => pid);

  const cleanUp = async (slot: number): Promise<void> => {
    for (let round = 0; round < KILL_ROUNDS && (await living(slot)).length > 0; round += 1) {
      await killAllOf(uidOf(slot));
      await sleep(KILL_PAUSE_MS);
    }
    await removeFilesOf(uidOf(slot));
  };

  return {
    name: 'user',
    async prepare(slot, folder) {
      await handOver(folder, uidOf(slot));
    },
    inside: (folder) => folder,
    launch(slot, { argv, folder, limits }) {
      const [file = '', ...rest] = [...prefix, ...limitedCommand(argv, limits)];
      const work = join(folder, 'work');
      return {
        file,
        arguments: rest,
        cwd: work,
        env: jobEnvironment(work, join(folder, 'tmp')),
        uid: uidOf(slot),
        gid: uidOf(slot),
      };
    },
    processes: living,
    writtenElsewhere: (slot) => filesOf(uidOf(slot)),
    cleanUp,
    async removeStrays(slots) {
      for (let slot = 0; slot < slots; slot += 1) await cleanUp(slot);
    },
  };
}

/** Gives a folder and all below it to a user. No link is followed. */
async function handOver(path: string, uid: number): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chown(path, uid, uid);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await handOver(join(path, name), uid);
}

/**
 * Ends all processes of a user at once: kill(-1) as that user reaches every one of them in one step, so that none can
 * fork away from it.
 */
async function killAllOf(uid: number): Promise<void> {
  const killer = spawn('/bin/sh', ['-c', 'kill -9 -1'], { uid, gid: uid, cwd: '/', env: {}, stdio: 'ignore' });
  await once(killer, 'close').catch(() => undefined);
}
