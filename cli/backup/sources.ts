import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { serviceNames } from '../../platform/kernel/services.js';
import { settings } from '../configuration/sections.js';
import type { Environment } from '../environment.js';
import { asBackupError, BackupError } from './backupError.js';
import { listFiles } from './listFiles.js';
import { backupLayout, type Elsewhere } from './manifest.js';

/** A file to be copied, and its place in the backup. */
export interface SourceFile {
  readonly from: string;
  readonly to: string;
}

/** Where a configuration may keep something outside the data folder, by variable, and where that is by default. */
const DEFAULT_PLACES: Readonly<Record<string, string>> = {
  STORAGE_OBJECTS_DIR: backupLayout.objects,
  STORAGE_KEYS_DIR: 'keys/storage',
  COMPUTE_SEALING_KEY_FILE: 'keys/compute/sealing.key',
  IDENTITY_KEY_ENCRYPTION_KEY_FILE: 'keys/identity/key-encryption.key',
  ACCOUNTING_RECEIPT_KEYS_FILE: 'keys/accounting/receipts.jwks',
  TOLLGATE_LOCAL_CREDENTIALS: 'controllers/local.json',
  ...Object.fromEntries(
    serviceNames.flatMap((name) => [
      [`${name.toUpperCase()}_KEY_FILE`, `keys/${name}/private.jwk`],
      [`${name.toUpperCase()}_PUBLIC_KEY_FILE`, `keys/${name}/public.jwk`],
    ]),
  ),
};

/** The server copies itself, jobs end with their machine, the rest is made anew; a name of 12 digits is a file being written. */
const LEFT_OUT = /^(postgres|postgres-native-[^/]*|jobs|objects|\.[^/]*|run\/(?!database\.json$).*|.*\.[0-9a-f]{12})$/;

/** What the configuration keeps outside the data folder, each with its default place. */
export function elsewhereOf({ home, variables }: Pick<Environment, 'home' | 'variables'>): readonly Elsewhere[] {
  return Object.entries(DEFAULT_PLACES).flatMap(([variable, now]) => {
    const path = variables[variable] ?? '';
    if (path === '' || resolve(path) === join(home, now)) return [];
    const setting = settings.find((one) => one.variable === variable)?.key ?? variable;
    return [{ setting, path: resolve(path), now }];
  });
}

/** The folder of the objects. */
const objectsFolderOf = (environment: Pick<Environment, 'home' | 'variables'>): string =>
  elsewhereOf(environment).find(({ now }) => now === backupLayout.objects)?.path ??
  join(environment.home, backupLayout.objects);

/** Keys, passwords, configuration and whatever else is in the data folder but databases, objects, jobs and logs. */
export async function homeFiles(environment: Environment): Promise<readonly SourceFile[]> {
  const { home, logFile } = environment;
  const objects = relative(home, objectsFolderOf(environment));
  const log = logFile === null ? null : relative(home, resolve(logFile.path));
  const isLeftOut = (path: string): boolean =>
    LEFT_OUT.test(path) || path === objects || (log !== null && (path === log || path.startsWith(`${log}.`)));
  const files = new Map<string, string>();
  for (const path of await listFiles(home, isLeftOut)) files.set(path, join(home, path));
  for (const { path, now } of elsewhereOf(environment)) {
    if (now === backupLayout.objects) continue;
    for (const [place, from] of await filesAt(path, now)) files.set(place, from);
  }
  return [...files].map(([path, from]) => ({ from, to: `${backupLayout.home}/${path}` }));
}

async function filesAt(path: string, now: string): Promise<readonly (readonly [string, string])[]> {
  const kind = await stat(path).catch(() => null);
  if (kind === null) return [];
  if (kind.isFile()) return [[now, path]];
  return (await listFiles(path)).map((name) => [`${now}/${name}`, join(path, name)] as const);
}

/** The objects that are there. Drafts of writes that are under way are no objects yet. */
export async function objectFiles(environment: Environment): Promise<readonly SourceFile[]> {
  const folder = objectsFolderOf(environment);
  const paths = await listFiles(folder, (path) => path.endsWith('.part'));
  return paths.map((path) => ({ from: join(folder, path), to: `${backupLayout.objects}/${path}` }));
}

/** What the databases are sealed with and opened by: it must be of their point in time. */
export const isSecret = ({ to }: SourceFile): boolean =>
  to.startsWith(`${backupLayout.home}/keys/`) || to === `${backupLayout.home}/run/database.json`;

/** @throws BackupError where a backup would be a part of what it copies */
export async function refuseWithin(target: string, environment: Environment): Promise<void> {
  // A link at the target itself would be replaced: what counts is where it stands.
  const place = join(await realPlaceOf(dirname(target)), basename(target));
  for (const folder of [environment.home, objectsFolderOf(environment)]) {
    const way = relative(await realPlaceOf(folder), place);
    if (way.startsWith('..') || isAbsolute(way)) continue;
    throw new BackupError(
      `${target} is in ${folder}, which is backed up; name a folder outside it, best on another disk.`,
    );
  }
}

/** Where a path leads by all links of it, also where its last parts are not there yet. */
async function realPlaceOf(path: string): Promise<string> {
  return await realpath(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw asBackupError(error, 'The backup');
    return join(await realPlaceOf(dirname(path)), basename(path));
  });
}
