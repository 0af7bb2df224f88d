import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for plaintext that only its owner enters. */
interface PrivateFolder {
  readonly path: string;
  /** Whether it is in memory alone. */
  readonly inMemory: boolean;
  remove(): Promise<void>;
}

/** What the guard runs: it waits for its input to end, which it does whenever the process that made it is gone. */
const GUARD = 'trap "" HUP INT QUIT TERM; while read -r _; do :; done; rm -rf -- "$1"';
const MEMORY = '/dev/shm';

/**
 * Makes a folder (0700) that does not outlive this process, however that ends. A process killed with SIGKILL cannot
 * clean up after itself, so a guard in a session of its own removes the folder when the pipe from here closes. Where
 * there is /dev/shm, the plaintext never reaches a disk: also a machine that loses power keeps nothing.
 */
export async function makePrivateFolder(): Promise<PrivateFolder> {
  const inMemory = await access(MEMORY, constants.W_OK).then(
    () => true,
    () => false,
  );
  const path = await mkdtemp(join(inMemory ? MEMORY : tmpdir(), 'acct-'));
  const guard = spawn('/bin/sh', ['-c', GUARD, 'acct-guard', path], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    await started(guard);
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
  return {
    path,
    inMemory,
    async remove() {
      await rm(path, { recursive: true, force: true });
      guard.stdin?.end();
    },
  };
}

const started = (guard: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    guard.once('spawn', resolve);
    guard.once('error', reject);
  });
