import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { isReference } from '../../acct/profiles/reference.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { defaultHome, type Variables } from '../../platform/server/settings.js';
import { resolveCredentials } from '../credentials.js';
import type { Environment } from '../environment.js';
import { checkSettings } from './checkSettings.js';
import { ConfigurationError } from './configurationError.js';
import { type EffectiveSettings, effectiveSettings, type SettingSources } from './effectiveSettings.js';
import { type FileContent, type FileEntry, readConfigurationFile } from './readConfigurationFile.js';
import { readHomeAlone } from './readHomeAlone.js';

/** The configuration file's name in the data folder. */
const CONFIGURATION_FILE = 'tollgate.yaml';

const HOME = 'TOLLGATE_HOME';
const EMPTY: FileContent = { entries: new Map(), faults: [] };

/** What the process was started with. */
export interface Surroundings {
  readonly environment: Variables;
  readonly uid: number | undefined;
}

/** Where to look, and what goes over the file. */
export interface ConfigurationRequest extends Surroundings {
  /** --config; null: the file in the data folder, if there is one. */
  readonly file: string | null;
  readonly options: SettingSources['options'];
}

/** A configuration, read and checked as a whole. */
export interface Configuration {
  readonly environment: Environment;
  readonly effective: EffectiveSettings;
  /** The file, whether it is there or not. */
  readonly file: string;
  readonly isFileThere: boolean;
}

/**
 * Reads the file, lays environment and options over it, resolves credentials and checks everything.
 * @throws ConfigurationError, ServiceStartError: sentences that name file, line and key, or the variable
 */
export async function loadConfiguration(request: ConfigurationRequest): Promise<Configuration> {
  const { environment, options, uid } = request;
  const home = environment[HOME] ?? '';
  const file = resolve(request.file ?? join(home === '' ? defaultHome(uid) : home, CONFIGURATION_FILE));
  const content = await readIfThere(file);
  if (content === null && request.file !== null) {
    throw new ConfigurationError([`${file} is not there; "tollgate start --config ${file}" writes it.`]);
  }
  const { entries, faults } = content === null ? EMPTY : readConfigurationFile(content, file);
  if (content !== null) await refuseOpenFile(file, entries, uid);
  const ofHome = entries.get(HOME);
  if (ofHome !== undefined && request.file === null) {
    throw new ConfigurationError([
      `${file}:${ofHome.line}: general.home cannot be said by the file in the data folder; name a file with --config, or set ${HOME}.`,
    ]);
  }
  if (ofHome !== undefined && !isAbsolute(ofHome.text)) {
    throw new ConfigurationError([`${file}:${ofHome.line}: general.home must be an absolute path.`]);
  }
  const effective = effectiveSettings({ file: entries, fileName: file, environment, options });
  const variables = await resolveCredentials(effective.variables).catch((error: unknown) => {
    if (!(error instanceof ServiceStartError)) throw error;
    throw new ConfigurationError([effective.inOperatorsWords(error.message)]);
  });
  return {
    environment: await checkSettings(effective, { variables, uid, faults }),
    effective,
    file,
    isFileThere: content !== null,
  };
}

/**
 * The data folder alone, for what must work with a configuration that does not: a file counts only where it is named, and
 * whatever else is wrong in it does not count.
 * @throws ConfigurationError where the named file cannot be read, or where what it says of the folder cannot
 */
export async function findHome({
  file,
  environment,
  uid,
}: Pick<ConfigurationRequest, 'file' | 'environment' | 'uid'>): Promise<string> {
  const home = environment[HOME] ?? '';
  if (home !== '') return resolve(home);
  if (file === null) return defaultHome(uid);
  const content = await readIfThere(resolve(file));
  // The default folder's processes may be others than those that are meant.
  const remedy = `name the data folder with ${HOME}.`;
  if (content === null) throw new ConfigurationError([`${file} is not there; ${remedy}`]);
  const named = readHomeAlone(content);
  if (named === 'unreadable')
    throw new ConfigurationError([`${file} does not say general.home as it should; ${remedy}`]);
  return named ?? defaultHome(uid);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    // A folder that cannot be there is told by whoever makes it.
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new ConfigurationError([`${file} cannot be read (${code}); make it readable for this user.`]);
  }
}

/** Whoever may write the file decides what runs and where it listens; a secret that everybody may read is none. */
async function refuseOpenFile(
  file: string,
  entries: ReadonlyMap<string, FileEntry>,
  uid: number | undefined,
): Promise<void> {
  const { mode, uid: owner } = await stat(file);
  if ((mode & 0o002) !== 0)
    throw new ConfigurationError([`${file} may be written by everybody; run "chmod o-w ${file}".`]);
  if (uid !== undefined && owner !== 0 && owner !== uid) {
    throw new ConfigurationError([
      `${file} belongs to another user (${owner}); give it to root or to this user (${uid}).`,
    ]);
  }
  const secret = [...entries.values()].find(({ setting, text }) => setting.isSecret === true && !isReference(text));
  if (secret === undefined || (mode & 0o004) === 0) return;
  throw new ConfigurationError([
    `${file}:${secret.line}: ${secret.setting.key} is a secret and everybody may read the file; run "chmod o= ${file}", or name ` +
      'a credential (acct:provider.profile#key).',
  ]);
}
