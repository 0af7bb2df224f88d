import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** TOLLGATE_HOME, a folder in it or one that another setting names cannot be made. The message is one sentence: the cause, then the remedy. */
export class HomeFolderError extends Error {
  override readonly name = 'HomeFolderError';
}

/**
 * Makes TOLLGATE_HOME, a folder in it or one that another setting names, and those above that are missing; one that is there is left as it is. Not by
 * mkdir's own `recursive`, which never ends where a folder answers ENOENT to whatever is to be made in it, as /proc does.
 * @param mode permission bits, narrowed by the umask
 * @param setting what the message says to choose another of
 * @returns those that were missing, the topmost first
 * @throws HomeFolderError
 */
export async function makeHomeFolder(
  path: string,
  mode = 0o700,
  setting = 'TOLLGATE_HOME',
): Promise<readonly string[]> {
  if (await isFolder(path, setting)) return [];
  const above = dirname(path);
  // The topmost folder is its own parent.
  const made = above === path ? [] : await makeHomeFolder(above, mode, setting);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another process may have made it in the meantime.
    if (!(await isFolder(path, setting))) throw refusal(causeOf(path, codeOf(error)), setting, error);
  }
  return [...made, path];
}

/**
 * Sees that a home is this user's, or root's who lent it: what one user makes in another's home, that one cannot read any more.
 * @throws HomeFolderError
 */
export async function requireOwn(home: string, uid: number | undefined): Promise<void> {
  const { uid: owner } = await stat(home);
  if (uid === undefined || owner === 0 || owner === uid) return;
  throw new HomeFolderError(
    `${home} belongs to another user (${owner}, this one is ${uid}); start Tollgate as that one, give the folder to this one with ` +
      '"chown -R", or choose another TOLLGATE_HOME.',
  );
}

/** @throws HomeFolderError where there is something else */
async function isFolder(path: string, setting: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    const code = codeOf(error);
    // Below a file, ENOTDIR: looking at the folder above tells which.
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw refusal(`${path} cannot be reached (${code}); make it so for this user or`, setting, error);
  }
  throw refusal(`${path} is a file, not a folder; move it away or`, setting);
}

function causeOf(path: string, code: string): string {
  if (code === 'EEXIST') return `${path} is a link that leads nowhere; correct it or`;
  if (code === 'ENOENT') return `${dirname(path)} takes no new folders;`;
  return `${dirname(path)} cannot be written (${code}); make it writable for this user or`;
}

const refusal = (cause: string, setting: string, error?: unknown): HomeFolderError =>
  new HomeFolderError(`${cause} choose another ${setting}.`, { cause: error });

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';
