import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';

/** What one call of the command gave. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a call is given besides its words. */
export interface Given {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** The text behind descriptor 3. */
  readonly descriptor?: string;
}

/** A folder that is thrown away, with the real command running in it. */
export interface Workspace {
  readonly folder: string;
  path(name: string): string;
  write(name: string, text: string): Promise<string>;
  /** Starts `tollgate acct <words>`. */
  start(words: readonly string[], given?: Given): ReturnType<typeof spawn>;
  acct(words: readonly string[], given?: Given): Promise<Outcome>;
  remove(): Promise<void>;
}

/** The built command; another build of it can be named while working on it. */
export const program = process.env['TOLLGATE_PROGRAM'] ?? join(packageRoot, 'cli', 'tollgate.mjs');

/** Makes a workspace. */
export async function makeWorkspace(): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'acct-test-'));
  const path = (name: string): string => join(folder, name);
  const start = (words: readonly string[], { environment = {}, descriptor }: Given = {}) =>
    spawn(process.execPath, [program, 'acct', ...words], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, ...environment },
      stdio: ['pipe', 'pipe', 'pipe', descriptor === undefined ? 'ignore' : 'pipe'],
    });
  return {
    folder,
    path,
    start,
    async write(name, text) {
      await writeFile(path(name), text);
      return path(name);
    },
    async acct(words, given = {}) {
      const child = start(words, given);
      let stdout = '';
      let stderr = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        stdout += chunk.toString('utf8');
      });
      child.stderr?.on('data', (chunk: Buffer) => {
        stderr += chunk.toString('utf8');
      });
      child.stdin?.on('error', () => undefined).end(given.input ?? '');
      const pipe = child.stdio[3];
      if (given.descriptor !== undefined && pipe !== null && pipe !== undefined && 'end' in pipe)
        pipe.end(given.descriptor);
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, stdout, stderr };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
