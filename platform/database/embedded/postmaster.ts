import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { dataFolder } from './cluster.js';

const run = promisify(execFile);
const pollMs = 20;
const fastShutdownMsMax = 10_000;
const immediateShutdownMsMax = 5_000;

/** A server process that holds a home's data directory. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Its command line, to tell which programs it runs from. */
  readonly command: string;
}

/**
 * Reads postmaster.pid and looks at the process it names. A file whose process is gone is stale, and PostgreSQL
 * replaces it; one whose number another program got since is removed here, because PostgreSQL would take any living
 * process of the same user for a server and refuse to start.
 */
export async function findPostmaster(home: string): Promise<Postmaster | undefined> {
  const file = join(dataFolder(home), 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [pidText, , , portText] = text.split('\n');
  const pid = Number(pidText);
  const port = Number(portText ?? 0);
  const command = Number.isInteger(pid) && pid > 0 ? await commandOf(pid) : undefined;
  if (command?.includes(dataFolder(home))) return { pid, port, command };
  // Read again: a server that started meanwhile owns the file now, and would end if it lost it.
  if (command !== undefined && (await readFile(file, 'utf8').catch(() => '')) === text) await rm(file, { force: true });
  return undefined;
}

/** Whether the process exists and is not a zombie that nobody has collected yet. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await commandOf(pid)) !== undefined;
}

/** Fast shutdown (transactions are rolled back, a checkpoint is written), then immediate, then the kill. */
export async function stopPostmaster(pid: number): Promise<void> {
  if (await signalAndWait(pid, 'SIGINT', fastShutdownMsMax)) return;
  if (await signalAndWait(pid, 'SIGQUIT', immediateShutdownMsMax)) return;
  await signalAndWait(pid, 'SIGKILL', immediateShutdownMsMax);
}

async function signalAndWait(pid: number, signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch {
    return true;
  }
  const deadline = Date.now() + timeoutMs;
  while (await isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

/** @returns undefined for a process that does not exist or is a zombie */
async function commandOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      // /proc rather than ps, which small containers lack. A zombie has an empty command line.
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return text === '' ? undefined : text.replaceAll('\0', ' ');
    }
    const { stdout } = await run('ps', ['-o', 'stat=,command=', '-p', String(pid)]);
    return stdout.startsWith('Z') ? undefined : stdout.trim();
  } catch {
    return undefined;
  }
}
