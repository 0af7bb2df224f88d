import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder, serverEnvironment } from './cluster.js';
import type { ServerUser } from './serverUser.js';

const logBytesMax = 8 * 1024 * 1024;

/** What a server is started with. */
export interface LaunchOptions {
  readonly home: string;
  readonly native: string;
  readonly user: ServerUser | undefined;
  readonly port: number;
  readonly fsync: boolean;
  readonly maxConnections: number;
}

/**
 * Starts a server process and returns at once; `exitCode` of the child tells when it failed.
 * It leads a process group of its own, so that Ctrl-C reaches Tollgate alone, which ends the database last. It writes to
 * a file, not to a pipe: a pipe would break when Tollgate is killed, and the server outlives that.
 */
export async function launchServer(options: LaunchOptions): Promise<ChildProcess> {
  const log = await openLog(options.home);
  try {
    const program = serverProgram(options.native);
    const child = spawn(program, serverArguments(options), {
      cwd: '/',
      env: serverEnvironment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...options.user,
    });
    // A program that cannot be executed is reported as an event; it also shows as a child without a pid.
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** The path of the server's program, by which an orphan is known to run from the same files. */
export function serverProgram(native: string): string {
  return join(native, 'bin', 'postgres');
}

/** How long the server's log is: where what it says from now on begins. */
export async function logBytes(home: string): Promise<number> {
  return stat(logFile(home)).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The last complaint in the server's log from a byte on, for the message when it does not start. */
export async function lastComplaint(home: string, fromByte: number): Promise<string> {
  const bytes = await readFile(logFile(home)).catch(() => Buffer.alloc(0));
  const lines = bytes.subarray(fromByte).toString('utf8').trim().split('\n');
  // Those that asked too early were told so by the same word.
  const fatal = lines.filter((line) => /\b(FATAL|PANIC)\b/.test(line) && !/starting up|not yet accepting/.test(line));
  return (fatal.at(-1) ?? lines.at(-1) ?? '').replace(/^.*\b(FATAL|PANIC):\s*/, '');
}

function serverArguments(options: LaunchOptions): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: options.maxConnections,
    shared_buffers: '64MB',
    // Short statements only: compiling one costs more than it saves.
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    fsync: options.fsync ? 'on' : 'off',
    ...(options.fsync ? {} : { synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataFolder(options.home), '-p', String(options.port), ...flags];
}

async function openLog(home: string) {
  const file = logFile(home);
  const size = await logBytes(home);
  if (size > logBytesMax) await rename(file, `${file}.1`);
  return open(file, 'a', 0o600);
}

function logFile(home: string): string {
  return join(home, 'run', 'postgres.log');
}
