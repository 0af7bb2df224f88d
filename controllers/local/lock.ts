import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MS = 10_000;
const LOOK_MS = 200;

/**
 * Takes the right to be the one controller of a home, since two would run jobs as the same users. One whose Tollgate
 * has just died may still be ending its jobs: it is waited for.
 * @returns gives it back
 * @throws Error naming the process that has it
 */
export async function lockHome(path: string): Promise<() => Promise<void>> {
  for (const startedAt = Date.now(); ; await sleep(LOOK_MS)) {
    if (await tryLock(path)) return () => rm(path, { force: true });
    const holder = Number((await readFile(path, 'utf8').catch(() => '')).trim());
    if (!(await isController(holder))) await rm(path, { force: true });
    else if (Date.now() - startedAt > WAIT_MS) {
      throw new Error(`another local controller runs on this home as process ${holder}; stop it first.`);
    }
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether a process lives and is one of ours: a later one may have got the same id. */
async function isController(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  return command === null || command.includes('controllers');
}
