import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DatabaseStartError } from '../databaseStartError.js';
import type { ServerUser } from './serverUser.js';
import { superuser } from './urls.js';

const run = promisify(execFile);

/** The data directory in a home. */
export function dataFolder(home: string): string {
  return join(home, 'postgres');
}

/** Whether the home has a data directory. */
export async function hasCluster(home: string): Promise<boolean> {
  return stat(dataFolder(home)).then(
    () => true,
    () => false,
  );
}

/**
 * Makes the data directory with `initdb`: aside first, then renamed, so that an interrupted start leaves nothing half
 * made, and of two starts at once one wins.
 */
export async function createCluster(options: {
  readonly home: string;
  readonly native: string;
  readonly user: ServerUser | undefined;
  readonly superuserPassword: string;
}): Promise<void> {
  const { home, native, user, superuserPassword } = options;
  const aside = await mkdtemp(join(home, '.initdb-'));
  try {
    const passwordFile = join(aside, 'password');
    await writeFile(passwordFile, superuserPassword, { mode: 0o600 });
    if (user !== undefined) for (const path of [passwordFile, aside]) await chown(path, user.uid, user.gid);
    const data = join(aside, 'data');
    await initdb({ native, data, passwordFile, user });
    await chmod(data, 0o700);
    await rename(data, dataFolder(home)).catch(async (error: unknown) => {
      if (!(await hasCluster(home))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function initdb(options: {
  readonly native: string;
  readonly data: string;
  readonly passwordFile: string;
  readonly user: ServerUser | undefined;
}): Promise<void> {
  const flags = [
    `--pgdata=${options.data}`,
    `--username=${superuser}`,
    `--pwfile=${options.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own locale: sorts by code point, knows Unicode's letters, and is the same on every machine.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--data-checksums',
    // A power cut during the first second costs a new start; from then on the server syncs every commit.
    '--no-sync',
    '--no-instructions',
  ];
  try {
    await run(join(options.native, 'bin', 'initdb'), flags, { cwd: '/', env: serverEnvironment, ...options.user });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? String(error);
    throw new DatabaseStartError(
      `PostgreSQL's data directory could not be made (${said}); clear the cause and start again.`,
      { cause: error },
    );
  }
}

/** Nothing of Tollgate's environment, which may hold secrets, reaches the server; PG* variables would change it. */
export const serverEnvironment: Readonly<Record<string, string>> = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
