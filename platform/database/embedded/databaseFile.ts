import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DatabaseStartError } from '../databaseStartError.js';

const passwords = z.object({ ownerPassword: z.string(), appPassword: z.string() });

const schema = z.object({
  port: z.number().int().nullable(),
  superuserPassword: z.string(),
  services: z.record(z.string(), passwords),
});

/** What is kept in `<home>/run/database.json` (0600): the server's last port, and passwords that are made once. */
export type DatabaseFile = z.infer<typeof schema>;

/** A password for a role: 192 random bits in letters that need no quoting in SQL or in a URL. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * @returns undefined when there is none
 * @throws DatabaseStartError when the file is damaged
 */
export async function readDatabaseFile(home: string): Promise<DatabaseFile | undefined> {
  const path = pathIn(home);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new DatabaseStartError(`${path} cannot be read (${error.code}); give it to the user that starts Tollgate.`);
  });
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new DatabaseStartError(`${path} is damaged; restore it from a backup, since it holds the passwords.`, {
      cause: error,
    });
  }
}

/** Reads the file, or makes the first one. Of two starts at once both get the passwords of the first to write. */
export async function readOrMakeDatabaseFile(home: string): Promise<DatabaseFile> {
  const present = await readDatabaseFile(home);
  if (present !== undefined) return present;
  const made: DatabaseFile = { port: null, superuserPassword: newPassword(), services: {} };
  const aside = await writeAside(home, made);
  try {
    await link(aside, pathIn(home));
    return made;
  } catch (error) {
    const other = await readDatabaseFile(home);
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Replaces the file at once: a reader sees the old one or the new one. Only the keeper of the server may do so. */
export async function writeDatabaseFile(home: string, file: DatabaseFile): Promise<void> {
  await rename(await writeAside(home, file), pathIn(home));
}

async function writeAside(home: string, file: DatabaseFile): Promise<string> {
  const aside = `${pathIn(home)}.${randomBytes(6).toString('hex')}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
    // Losing the passwords in a power cut would lose the database with them.
    await handle.sync();
  } finally {
    await handle.close();
  }
  return aside;
}

function pathIn(home: string): string {
  return join(home, 'run', 'database.json');
}
