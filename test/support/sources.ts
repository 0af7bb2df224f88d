import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../platform/kernel/packageRoot.js';

/** One hand-written source file. */
export interface Source {
  /** From the package's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** What it imports: paths from the package's root for our own files, package names for others. */
  readonly imports: readonly string[];
}

const IMPORT = /(?:import|export)\s[^'"`;]*?from\s+'([^']+)'|import\('([^']+)'\)|^import\s+'([^']+)'/gm;

/** All hand-written TypeScript below the folders; generated code is left out. */
export function readSources(...folders: readonly string[]): readonly Source[] {
  return folders.flatMap((folder) => filesBelow(join(packageRoot, folder))).map(readSource);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'generated' ? [] : filesBelow(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function readSource(file: string): Source {
  const path = relative(packageRoot, file);
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(IMPORT)].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? '';
    return target.startsWith('.') ? join(path, '..', target).replace(/\.js$/, '.ts') : target;
  });
  return { path, text, imports };
}

/** The text of all migrations. */
export function readMigrations(): readonly string[] {
  return readdirSync(join(packageRoot, 'prisma'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sql'))
    .map((name) => readFileSync(join(packageRoot, 'prisma', name), 'utf8'));
}
