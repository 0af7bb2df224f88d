import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Isolation, JobProgram } from '../isolation/isolation.js';
import { signalProcess } from '../isolation/processes.js';

/** How a job's first process ended. */
export interface ProcessEnding {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started at all. */
  readonly error: string | null;
  readonly endedAt: Date;
}

/** A job's process group. */
export interface RunningProcess {
  readonly pid: number | null;
  readonly startedAt: Date;
  /** Sends a signal to the whole group. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves when nothing of the job runs any more and all it wrote was handed on. */
  readonly ended: Promise<ProcessEnding>;
}

/** What descendants that keep the output open get after the first process has ended and all were killed. */
const OUTPUT_GRACE_MS = 2_000;

/**
 * Starts a job's program in a session and process group of its own, with no descriptor but its two outputs.
 * @param onOutput gets what it writes
 */
export function runProcess(
  isolation: Isolation,
  slot: number,
  program: JobProgram,
  onOutput: (stream: 'STDOUT' | 'STDERR', chunk: Buffer) => void,
): RunningProcess {
  const launch = isolation.launch(slot, program);
  const startedAt = new Date();
  const child = spawn(launch.file, [...launch.arguments], {
    cwd: launch.cwd,
    env: { ...launch.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(launch.uid === undefined ? {} : { uid: launch.uid }),
    ...(launch.gid === undefined ? {} : { gid: launch.gid }),
  });
  child.stdout.on('data', (chunk: Buffer) => onOutput('STDOUT', chunk));
  child.stderr.on('data', (chunk: Buffer) => onOutput('STDERR', chunk));
  const pid = child.pid ?? null;

  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<ProcessEnding>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error: error.message, endedAt: new Date() }));
    child.once('exit', (code, signal) => resolve({ code, signal, error: null, endedAt: new Date() }));
  });

  const end = async (): Promise<ProcessEnding> => {
    const ending = await exited;
    await isolation.cleanUp(slot, pid);
    if (pid !== null) await Promise.race([closed, sleep(OUTPUT_GRACE_MS)]);
    child.stdout.destroy();
    child.stderr.destroy();
    return ending;
  };

  return {
    pid,
    startedAt,
    kill(signal) {
      if (pid !== null) signalProcess(-pid, signal);
    },
    ended: end(),
  };
}
