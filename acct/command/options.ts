import { type Command, InvalidArgumentError } from 'commander';

/** What the command line gave; undefined where it is silent. */
export interface CommandOptions {
  readonly acctFile?: string;
  readonly acctKey?: readonly string[];
  readonly acctKeyFile?: string;
  readonly acctKeyFd?: number;
  readonly cryptoPlugin?: string;
  readonly pluginDir?: string;
  readonly config?: string;
  readonly output?: OutputFormat;
  readonly outputFile?: string;
  readonly overrides?: string;
  readonly allowBackend?: readonly string[];
}

/** How documents are printed. */
export type OutputFormat = 'yaml' | 'json';
export const outputFormats = ['yaml', 'json'] as const satisfies readonly OutputFormat[];

/** Every time an option is given again, it adds a value. */
export const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  value,
];

/** Adds the options that every command has. A key may begin with "-": the option takes whatever comes next. */
export const addKeyOptions = (command: Command): Command =>
  command
    .option('--acct-key <key>', 'a key (ACCT_KEY); may be given again', collect)
    .option('--acct-key-file <file>', 'a file with keys (ACCT_KEY_FILE); "-": stdin')
    .option('--acct-key-fd <number>', 'an open descriptor with keys', descriptor)
    .option('--acct-file <file>', 'the file when none is named (ACCT_FILE)')
    .option('--crypto-plugin <name>', 'fernet (default), aesgcm256 or your own')
    .option('--plugin-dir <directory>', 'your own plugins (ACCT_PLUGIN_DIR)')
    .option('--config <file>', 'settings below "acct:" in YAML (ACCT_CONFIG)');

function descriptor(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}
