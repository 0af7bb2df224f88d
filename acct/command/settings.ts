import { AcctError } from '../acctError.js';
import { readJsonMap } from '../document/json/read.js';
import type { AcctMap } from '../document/value.js';
import { readKeys } from '../keys/readKeys.js';
import { type AcctConfig, readConfigFile } from './configFile.js';
import type { AcctEnvironment } from './environment.js';
import type { CommandOptions, OutputFormat } from './options.js';

/** What a command works with: the command line over the environment over the configuration file over the defaults. */
export interface Settings {
  readonly file: string | null;
  readonly keys: readonly string[];
  readonly cryptoPlugin: string;
  readonly pluginDirectory: string | null;
  readonly allowedBackendProfiles: readonly string[] | null;
  readonly output: OutputFormat;
  readonly outputFile: string | null;
  readonly overrides: AcctMap;
  readonly editor: string;
}

/**
 * Brings the sources together. Keys come from one level alone: a key on the command line leaves ACCT_KEY unread.
 * @param named the file that the command names, if it does
 * @throws AcctError
 */
export async function readSettings(
  named: string | undefined,
  options: CommandOptions,
  environment: AcctEnvironment,
): Promise<Settings> {
  const config = await readConfigFile(options.config ?? environment.config);
  return {
    file: named ?? options.acctFile ?? environment.file ?? config.acct_file ?? null,
    keys: await readKeysOf(options, environment, config),
    cryptoPlugin: options.cryptoPlugin ?? environment.cryptoPlugin ?? config.crypto_plugin ?? 'fernet',
    pluginDirectory: options.pluginDir ?? environment.pluginDirectory ?? config.plugin_dir ?? null,
    allowedBackendProfiles: options.allowBackend ?? config.allowed_backend_profiles ?? null,
    output: options.output ?? config.output ?? 'yaml',
    outputFile: options.outputFile ?? config.output_file ?? null,
    overrides:
      options.overrides === undefined ? (config.overrides ?? new Map()) : readJsonMap(options.overrides, '--overrides'),
    editor: environment.editor ?? config.editor ?? 'vi',
  };
}

/** The file that a command cannot do without. Throws AcctError USAGE. */
export function requireFile({ file }: Settings): string {
  if (file !== null) return file;
  throw new AcctError('USAGE', 'No file was named: name one, or use --acct-file or ACCT_FILE.');
}

async function readKeysOf(
  options: CommandOptions,
  environment: AcctEnvironment,
  config: AcctConfig,
): Promise<readonly string[]> {
  const { acctKey, acctKeyFile, acctKeyFd } = options;
  if (acctKey !== undefined || acctKeyFile !== undefined || acctKeyFd !== undefined) {
    return readKeys({ keys: acctKey ?? [], keyFile: acctKeyFile, keyDescriptor: acctKeyFd });
  }
  if (environment.key !== undefined || environment.keyFile !== undefined) {
    return readKeys({ keys: environment.key === undefined ? [] : [environment.key], keyFile: environment.keyFile });
  }
  return readKeys({ keys: [config.acct_key ?? []].flat(), keyFile: config.acct_key_file });
}
