import { chmod, readFile, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HomeFolderError, makeHomeFolder } from '../../kernel/homeFolder.js';
import { DatabaseStartError } from '../databaseStartError.js';
import { closedFolder } from './reach.js';
import type { ServerUser } from './serverUser.js';

/** The layout of TOLLGATE_HOME that this program reads and writes; a program refuses a home that is newer. */
const homeFormat = 1;

/** Below this PostgreSQL's write-ahead log (1 GB at most, 16 MiB a segment) soon stops every write. */
const freeBytesMin = 512 * 1024 * 1024;

/** Tells how many bytes an ordinary user may still write at a path. */
export type FreeBytes = (path: string) => Promise<number>;

/** The file system's own answer. */
export const freeBytesOnDisk: FreeBytes = async (path) => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
};

/**
 * Makes the home folder and its `run/` (0700), and looks at what would stop the database later.
 * @throws DatabaseStartError when the home cannot be written or reached, is newer, or its disk is nearly full
 */
export async function prepareHome(options: {
  readonly home: string;
  readonly user: ServerUser | undefined;
  readonly freeBytes: FreeBytes;
}): Promise<void> {
  const { home, user, freeBytes } = options;
  await makeFolders(home, user);
  await checkFormat(home);
  await checkSpace(home, freeBytes);
  await checkReach(home, user);
}

async function makeFolders(home: string, user: ServerUser | undefined): Promise<void> {
  try {
    await makeHomeFolder(home);
    // The server's own user must pass the home to its data; it can list nothing there and enter only what is its own.
    if (user !== undefined) await chmod(home, (await stat(home)).mode | 0o011);
    await makeHomeFolder(join(home, 'run'));
    await chmod(join(home, 'run'), 0o700);
  } catch (error) {
    throw notWritable(home, error);
  }
}

async function checkFormat(home: string): Promise<void> {
  const file = join(home, 'VERSION');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    await writeFile(file, `${homeFormat}\n`).catch((error: unknown) => {
      throw notWritable(home, error);
    });
    return;
  }
  if (!(Number(text) <= homeFormat)) {
    throw new DatabaseStartError(
      `${home} was written by a newer Tollgate (format ${text.trim()}, this program knows ${homeFormat}); ` +
        'install that version again or choose another TOLLGATE_HOME.',
    );
  }
}

async function checkSpace(home: string, freeBytes: FreeBytes): Promise<void> {
  const free = await freeBytes(home);
  if (free >= freeBytesMin) return;
  throw new DatabaseStartError(
    `Only ${Math.floor(free / 2 ** 20)} MiB are free at ${home} and the database needs ${freeBytesMin / 2 ** 20} MiB; ` +
      'free some space or choose another TOLLGATE_HOME.',
  );
}

async function checkReach(home: string, user: ServerUser | undefined): Promise<void> {
  if (user === undefined) return;
  const closed = await closedFolder(home, user);
  if (closed === undefined) return;
  throw new DatabaseStartError(
    `The user postgres, whom root lends the database to, cannot pass ${closed}; choose a TOLLGATE_HOME outside it.`,
  );
}

function notWritable(home: string, error: unknown): DatabaseStartError {
  if (error instanceof HomeFolderError) return new DatabaseStartError(error.message, { cause: error });
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new DatabaseStartError(
    `${home} cannot be written (${code}); make it writable for this user or choose another TOLLGATE_HOME.`,
    { cause: error },
  );
}
