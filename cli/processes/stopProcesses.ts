import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { findPostmaster, stopPostmaster } from '../../platform/database/embedded/postmaster.js';
import { keptByNobody } from './keptByNobody.js';
import { isRunning, type ProcessRecord, runningProcesses } from './processRecord.js';

const LOOK_MS = 50;
/** A stop drains requests, chains and jobs; the controller gives its jobs a grace. */
const PATIENCE_MS = 60_000;
const FORCED_PATIENCE_MS = 5_000;

/** How a stop goes on and ends. */
export interface StopOptions {
  readonly home: string;
  /** Whether what does not end in five seconds is killed. */
  readonly force: boolean;
  /** Is told what happens, a line at a time. */
  readonly tell: (line: string) => void;
  /** How long what is not forced may take, in milliseconds; absent: a minute. */
  readonly patienceMs?: number;
}

/**
 * Ends what runs on a home, as Ctrl-C does: first the processes without the database, then the one that keeps it.
 * @returns the processes that have not ended
 */
export async function stopProcesses({
  home,
  force,
  tell,
  patienceMs = force ? FORCED_PATIENCE_MS : PATIENCE_MS,
}: StopOptions): Promise<readonly ProcessRecord[]> {
  const processes = await runningProcesses(home);
  if (processes.length === 0) tell(`Nothing runs on ${home}.`);
  const keepsDatabase = ({ runs }: ProcessRecord): boolean => runs.includes('database');
  const left: ProcessRecord[] = [];
  for (const together of [processes.filter((one) => !keepsDatabase(one)), processes.filter(keepsDatabase)]) {
    const ended = await Promise.all(together.map((one) => stopOne(one, { force, tell, patienceMs })));
    left.push(...together.filter((_, position) => !ended[position]));
  }
  if (left.length > 0) return left;
  const orphan = await findPostmaster(home);
  if (orphan === undefined) return left;
  if (force) {
    await stopPostmaster(orphan.pid);
    tell(`Stopped the database server (process ${orphan.pid}), which nobody kept any more.`);
  } else if (processes.length === 0) tell(keptByNobody(orphan.pid));
  return left;
}

async function stopOne(
  one: ProcessRecord,
  { force, tell, patienceMs }: Required<Omit<StopOptions, 'home'>>,
): Promise<boolean> {
  const named = `process ${one.pid} (${one.runs.join(', ')})`;
  tell(`Stopping ${named} ...`);
  if (!signal(one.pid, 'SIGTERM')) {
    tell(`${named} belongs to another user${await userOf(one.pid)}; stop it as that user, or as root.`);
    return false;
  }
  let ended = await endsWithin(one, patienceMs);
  if (!ended && force) {
    tell(`Killing ${named}, which does not end by itself ...`);
    signal(one.pid, 'SIGKILL');
    ended = await endsWithin(one, FORCED_PATIENCE_MS);
  }
  tell(ended ? `Stopped ${named}.` : `${named} has not ended; "tollgate stop --force" kills it.`);
  return ended;
}

/** As the system tells it, in parentheses. */
async function userOf(pid: number): Promise<string> {
  const found = await stat(`/proc/${pid}`).catch(() => null);
  return found === null ? '' : ` (${found.uid})`;
}

async function endsWithin(one: ProcessRecord, milliseconds: number): Promise<boolean> {
  const until = performance.now() + milliseconds;
  while (await isRunning(one)) {
    if (performance.now() > until) return false;
    await delay(LOOK_MS);
  }
  return true;
}

/** @returns whether this user may */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM') return false;
    // It ended by itself.
    if (code !== 'ESRCH') throw error;
  }
  return true;
}
