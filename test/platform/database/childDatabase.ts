import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';

/** What a child told: the running database, or why there is none. */
export interface ChildAnswer {
  readonly port?: number;
  readonly pid?: number;
  readonly appUrl?: string;
  readonly superuserUrl?: string;
  readonly error?: string;
}

/** A process that keeps an embedded database. */
export interface ChildDatabase {
  readonly answer: ChildAnswer;
  /** Ends it as the kernel would. */
  kill(): Promise<void>;
  /** Lets it stop its database and end. */
  stop(): Promise<void>;
}

/** Bundles keepDatabase.ts into a folder, from where it finds the packages of the node_modules beside it or above. */
export async function bundleChild(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, 'keepDatabase.mjs');
  await build({
    entryPoints: [join(packageRoot, 'test', 'platform', 'database', 'keepDatabase.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    // pg is CommonJS and asks for Node's own modules by `require`.
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    outfile,
    logLevel: 'error',
  });
  await chmod(outfile, 0o644);
  return outfile;
}

/** Starts the child and waits for its answer. */
export async function startChild(options: {
  readonly program: string;
  readonly home: string;
  readonly uid?: number;
}): Promise<ChildDatabase> {
  const child = spawn(process.execPath, [options.program, options.home], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const exited = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    answer: JSON.parse(line) as ChildAnswer,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
