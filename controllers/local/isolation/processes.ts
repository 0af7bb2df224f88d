import { readdir, readFile } from 'node:fs/promises';

/** A process as /proc shows it. */
interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly uid: number;
  readonly residentBytes: number;
  /** What it computed, with its children that have ended and were waited for. */
  readonly coreSeconds: number;
}

const KIB = 1_024;
/** In which the kernel tells times to programs, on every machine that Linux runs on today. */
const TICKS_PER_SECOND = 100;
/** Where the times stand behind the name: user, system, and both of the children. */
const FIRST_TIME = 11;
const TIMES = 4;

/** All processes that can be seen. One that ends while it is looked at is left out, and so are zombies. */
export async function listProcesses(): Promise<readonly ProcessEntry[]> {
  const names = await readdir('/proc').catch(() => []);
  const entries = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess));
  return entries.filter((entry) => entry !== null);
}

async function readProcess(pid: string): Promise<ProcessEntry | null> {
  try {
    const [status, stat] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    // The name stands in parentheses and may have spaces; behind it come state, parent and group.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent, group] = fields;
    const ticks = fields.slice(FIRST_TIME, FIRST_TIME + TIMES).reduce((sum, time) => sum + Number(time), 0);
    if (state === 'Z') return null;
    return {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      uid: field('Uid'),
      residentBytes: field('VmRSS') * KIB,
      coreSeconds: ticks / TICKS_PER_SECOND,
    };
  } catch {
    return null;
  }
}

/** The process and all that descend from it. */
export function descendants(of: number, all: readonly ProcessEntry[]): readonly number[] {
  const found = new Set([of]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid)).map(({ pid }) => pid);
}

/** Sends a signal to a process, or to a process group by its negative id; one that is gone already is no matter. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
