import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControllerConfig } from '../config.js';
import type { ControllerFolders } from '../folders.js';
import { makeJobFolder, removeJobFolder } from '../job/jobFolder.js';
import { runProcess } from '../job/runProcess.js';
import type { Isolation } from './isolation.js';

const PROBE_SECONDS = 10;
const MIB = 1_048_576;

/** Reads what it must not, writes what it must, and tells by its exit code. */
const PROBE = `
cat "$1" >/dev/null 2>&1 && exit 3
ls "$2" >/dev/null 2>&1 && [ -n "$(ls -A "$2" 2>/dev/null)" ] && exit 4
echo written > "$HOME/written" || exit 5
echo written > "$TMPDIR/written" || exit 6
exit 0
`;

const MEANINGS: Readonly<Record<number, string>> = {
  3: 'a job could read a file in TOLLGATE_HOME',
  4: 'a job could list TOLLGATE_HOME',
  5: 'a job could not write into its own folder',
  6: 'a job could not write into its temporary folder',
  125: 'limits cannot be set',
};

/**
 * Runs a job that tries to read a file in TOLLGATE_HOME that is the controller's alone.
 * @returns why the isolation is not to be trusted; null where it holds
 */
export async function probeIsolation(
  isolation: Isolation,
  config: ControllerConfig,
  folders: ControllerFolders,
): Promise<string | null> {
  const canary = join(config.home, `.canary-${process.pid}`);
  const folder = join(folders.scratch, `probe-${process.pid}`);
  try {
    await writeFile(canary, 'secret', { mode: 0o600 });
    await makeJobFolder(folder);
    await isolation.prepare(0, folder);
    const argv = ['/bin/sh', '-c', PROBE, 'probe', canary, config.home];
    const limits = {
      filesMax: 64,
      fileBytesMax: MIB,
      memoryBytesMax: 256 * MIB,
      cpuSecondsMax: PROBE_SECONDS,
      processesMax: 64,
      cores: [],
    };
    const running = runProcess(isolation, 0, { argv, folder, limits }, () => undefined);
    const timer = setTimeout(() => running.kill('SIGKILL'), PROBE_SECONDS * 1_000);
    const ending = await running.ended;
    clearTimeout(timer);
    return ending.code === 0 ? null : (MEANINGS[ending.code ?? -1] ?? 'a probe job could not be started');
  } catch (error) {
    return `the probe failed: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await isolation.cleanUp(0, null).catch(() => undefined);
    await rm(canary, { force: true });
    await removeJobFolder(folder);
  }
}
