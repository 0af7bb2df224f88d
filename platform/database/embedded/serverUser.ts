import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DatabaseStartError } from '../databaseStartError.js';

const run = promisify(execFile);

/** The account that the server runs as, where it is not Node's own. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root, so root lends it the system user `postgres`, made when it is missing.
 * @returns undefined where the server may run as Node's own user
 * @throws DatabaseStartError when the user is missing and cannot be made
 */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const present = await lookUp();
  if (present !== undefined) return present;
  try {
    await run('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  } catch {
    // Another start may have made it meanwhile: the look-up below decides.
  }
  const made = await lookUp();
  if (made !== undefined) return made;
  throw new DatabaseStartError(
    'PostgreSQL does not run as root and the user "postgres" could not be made; ' +
      'create it with `useradd --system postgres`, or start Tollgate as an ordinary user.',
  );
}

/** `id` also knows the users of directories, which /etc/passwd does not name. */
async function lookUp(): Promise<ServerUser | undefined> {
  try {
    const uid = await run('id', ['-u', 'postgres']);
    const gid = await run('id', ['-g', 'postgres']);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}
