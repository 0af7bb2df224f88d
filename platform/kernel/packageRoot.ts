import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder, where schema/ and prisma/ stand: the same from sources and from the build in dist/. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(folder: string): string {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest)) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('package.json was not found above the program; install Tollgate again.');
  return findPackageRoot(parent);
}

/** The version in package.json. */
export const packageVersion: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version;
