import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { packageRoot } from '../platform/kernel/packageRoot.js';
import { type Logger, logLine } from '../platform/server/log.js';

const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 30_000;

/** The local controller as a process of its own. */
export interface ControllerProcess {
  /** Lets it end its jobs and waits for it. */
  stop(): Promise<void>;
}

/**
 * Starts the local controller in a process group of its own, so that Ctrl-C reaches it only through us, and starts it
 * again should it die. What it logs goes where this process logs. The IPC channel tells it when this process is gone, however it went.
 */
export function startControllerProcess(options: {
  readonly home: string;
  /** null: it follows the gateway that runs on the home. */
  readonly gatewayUrl: string | null;
  /** Certificates (PEM) that it trusts beside those that Node.js does; NODE_EXTRA_CA_CERTS of this process goes before. */
  readonly caFile?: string | null;
  readonly logLevel: string;
  /** The controller's own variables; it gets no others of this process. */
  readonly settings: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Its main module; absent: the built one. */
  readonly program?: string;
}): ControllerProcess {
  const { home, gatewayUrl, caFile, logLevel, settings, log } = options;
  const program = options.program ?? join(packageRoot, 'dist', 'controllers', 'local', 'main.js');
  let child: ChildProcess | null = null;
  let restartMs = RESTART_MS_MIN;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;

  const start = (): void => {
    const startedAt = performance.now();
    child = spawn(process.execPath, [program], {
      detached: true,
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      env: {
        ...settings,
        PATH: process.env['PATH'],
        // Links to files may be signed for an address whose certificate a private authority made.
        NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'] ?? caFile ?? undefined,
        TOLLGATE_HOME: home,
        ...(gatewayUrl === null ? {} : { TOLLGATE_URL: gatewayUrl }),
        TOLLGATE_LOG_LEVEL: logLevel,
      },
    });
    if (child.stderr !== null) takeOverLog(child.stderr, log);
    child.once('exit', (code, signal) => {
      child = null;
      if (stopping) return;
      // One that ran for a while is started at once; one that dies at the start is not tried ever faster.
      restartMs =
        performance.now() - startedAt > RESTART_MS_MAX ? RESTART_MS_MIN : Math.min(restartMs * 2, RESTART_MS_MAX);
      log.warn({ code, signal, restartMs }, 'the local controller ended; starting it again');
      timer = setTimeout(start, restartMs);
    });
  };
  start();

  return {
    async stop() {
      stopping = true;
      clearTimeout(timer);
      if (child === null || child.exitCode !== null) return;
      // With its last lines.
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Lines of the logger as they are; anything else, such as what Node.js says of a crash, as lines of ours. */
function takeOverLog(stream: Readable, log: Logger): void {
  createInterface({ input: stream }).on('line', (line) => {
    if (line.startsWith('{"level":')) logLine(line);
    else if (line !== '') log.error({ output: line }, 'the local controller wrote');
  });
}
