import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../platform/kernel/packageRoot.js';

/** The built `tollgate` command as a process. */
export interface Program {
  readonly pid: number;
  /** All it has written so far. */
  output(): string;
  /** What of it went to standard error. */
  errorOutput(): string;
  /** Resolves when the output matches; rejects when the process ends before. */
  waitFor(pattern: RegExp): Promise<void>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ending>;
  /** Waits for the end. */
  readonly ended: Promise<Ending>;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How a program is started otherwise than by default. */
export interface ProgramOptions {
  /** The user that it runs as; only root may say so. */
  readonly uid?: number;
  /** A program with its words that starts it: what follows is Node with the command. */
  readonly through?: readonly string[];
  /** Where the package stands; this one unless told. */
  readonly root?: string;
}

/** Starts `tollgate <words>`; the environment has nothing but what is given, PATH and the home. */
export function startProgram(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  { uid, through = [], root = packageRoot }: ProgramOptions = {},
): Program {
  const line = [...through, process.execPath, join(root, 'cli', 'tollgate.mjs'), ...words];
  const child: ChildProcess = spawn(line[0] ?? '', line.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let output = '';
  let errorOutput = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (stream === child.stderr) errorOutput += chunk.toString('utf8');
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ending => {
    for (const listener of listeners) listener();
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  let over = false;
  void ended.then(() => {
    over = true;
    for (const listener of listeners) listener();
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    errorOutput: () => errorOutput,
    ended,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(output)) resolve();
          else if (over) reject(new Error(`The program ended before it wrote ${pattern}:\n${output}`));
          else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** A throw-away home that the database's own user can pass, and how to remove it. */
export async function makeHome(): Promise<{ readonly home: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-home-'));
  await chmod(folder, 0o755);
  return { home: join(folder, 'home'), remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
