import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A step of a schema: the script in `<folder>/<name>/migration.sql`. */
export interface Migration {
  readonly name: string;
  readonly script: string;
  /** SHA-256 of the file as it stands, in hex, as Prisma computes it. */
  readonly checksum: string;
}

/** Reads the migrations of a folder in the order of their names, which begin with the time they were written. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(join(folder, name, 'migration.sql'));
      return { name, script: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}
