import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../platform/kernel/packageRoot.js';
import { profilingOptions } from './profilingOptions.js';

/** The whole program, as a process of its own. */
export interface RunningTollgate {
  readonly home: string;
  readonly pid: number;
  /** http://host:port of the gateway. */
  readonly url: string;
  /** Ends it as Ctrl-C does, and waits for its end. */
  stop(): Promise<void>;
}

/** Starts the built program on a home. @throws Error with its output where it ends before it is ready */
export async function runTollgate(home: string): Promise<RunningTollgate> {
  const child = spawn(process.execPath, [...profilingOptions(), join(packageRoot, 'cli', 'tollgate.mjs'), 'start'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], TOLLGATE_HOME: home, TOLLGATE_PORT: '0' },
  });
  const ended = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const found = /GraphQL\s+(\S+)\/graphql/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`The program ended before it was ready:\n${output}`)));
  });
  return {
    home,
    pid: child.pid ?? 0,
    url,
    async stop() {
      child.kill('SIGINT');
      await ended;
    },
  };
}
