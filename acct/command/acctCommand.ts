import { Command, Option } from 'commander';
import { failures } from '../failures.js';
import { addKeyOptions, type CommandOptions, collect, outputFormats } from './options.js';
import { run } from './run.js';

const USAGE_STATUS = failures.USAGE.exitCode;

/** `tollgate acct`: what it does is loaded when it is asked for. */
export function acctCommand(): Command {
  const acct = new Command('acct')
    .description('Encrypt, read, edit and re-key files of credentials.')
    .enablePositionalOptions()
    // A wrong use has one status, whichever command it is.
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_STATUS))
    .addHelpText('after', `\nExample:\n  tollgate acct encrypt creds.yaml\n\n${exitStatuses()}`);
  addEncrypt(acct);
  addDecrypt(acct);
  addEdit(acct);
  addRotate(acct);
  return acct;
}

function addEncrypt(acct: Command): void {
  addKeyOptions(acct.command('encrypt'))
    .summary('encrypt a YAML file')
    .description(
      'Encrypt a YAML file to FILE.fernet. Without a key, one is made and\nprinted alone on stdout; with one, nothing is printed.',
    )
    .argument('[file]', 'YAML to encrypt; "-": stdin, with --output-file')
    .option('--output-file <file>', 'where to, instead of FILE.fernet')
    .option('--remove', 'remove FILE once its encrypted copy is written')
    .addHelpText('after', '\nExample:\n  tollgate acct encrypt creds.yaml > key')
    .action((file: string | undefined, options: CommandOptions & { readonly remove?: true }) =>
      run(async (environment) => {
        const { encrypt } = await import('./encrypt.js');
        await encrypt(await readSettings(file, options, environment), { remove: options.remove === true });
      }),
    );
}

function addDecrypt(acct: Command): void {
  addKeyOptions(acct.command('decrypt'))
    .summary('print what a file holds')
    .description('Print what a file holds, with its backends laid over it.')
    .argument('[file]', 'the encrypted file')
    .addOption(new Option('--output <format>', 'how it is printed').choices([...outputFormats]))
    .option('--output-file <file>', 'write it to this file (0600), print nothing')
    .option('--overrides <json>', 'a JSON object laid over all of it')
    .option('--profile <name>', 'this profile alone: provider.profile, or a name')
    .option('--allow-backend <profile>', 'unlock this backend profile; others are not', collect)
    .option('--no-backends', 'show the file alone, call no backend')
    .option('--allow-plaintext', 'take a file that is not encrypted as it is')
    .addHelpText('after', '\nExample:\n  tollgate acct decrypt creds.yaml.fernet --acct-key-file key --output json')
    .action((file: string | undefined, options: CommandOptions & DecryptOptions) =>
      run(async (environment) => {
        const { decrypt } = await import('./decrypt.js');
        await decrypt(await readSettings(file, options, environment), {
          backends: options.backends,
          allowPlaintext: options.allowPlaintext === true,
          profile: options.profile ?? null,
        });
      }),
    );
}

const readSettings: typeof import('./settings.js').readSettings = async (...words) =>
  (await import('./settings.js')).readSettings(...words);

interface DecryptOptions {
  readonly profile?: string;
  readonly backends: boolean;
  readonly allowPlaintext?: true;
}

function addEdit(acct: Command): void {
  addKeyOptions(acct.command('edit'))
    .summary('edit a file in your editor')
    .description(
      'Open a file in $VISUAL or $EDITOR and encrypt it again. The plaintext stands in\nmemory alone and goes with the command, however it ends.',
    )
    .argument('[file]', 'the encrypted file; it is made when missing')
    .option('--output-file <file>', 'write here, leave FILE as it is')
    .addHelpText('after', '\nExample:\n  EDITOR=nano tollgate acct edit creds.yaml.fernet --acct-key-file key')
    .action((file: string | undefined, options: CommandOptions) =>
      run(async (environment) => {
        const { edit } = await import('./edit.js');
        await edit(await readSettings(file, options, environment));
      }),
    );
}

function addRotate(acct: Command): void {
  addKeyOptions(acct.command('rotate'))
    .summary('encrypt files with a new key')
    .description(
      'Encrypt files with a new key, after which the old ones open none of them.\nWithout a new key, one is made and printed alone on stdout.',
    )
    .argument('[files...]', 'the encrypted files; all or none are changed')
    .option('--new-key <key>', 'the new key; "-": stdin')
    .option('--new-key-file <file>', 'a file with the new key; "-": stdin')
    .addHelpText('after', '\nExample:\n  tollgate acct rotate *.fernet --acct-key-file old > new')
    .action(
      (
        files: readonly string[],
        options: CommandOptions & { readonly newKey?: string; readonly newKeyFile?: string },
      ) =>
        run(async (environment) => {
          const { rotate } = await import('./rotate.js');
          await rotate(await readSettings(undefined, options, environment), files, {
            newKey: options.newKey,
            newKeyFile: options.newKeyFile,
          });
        }),
    );
}

function exitStatuses(): string {
  const rows = Object.values(failures).map(({ exitCode, meaning }) => `  ${String(exitCode).padStart(2)}  ${meaning}`);
  return ['Exit status:', '   0  done', '   1  an unexpected failure', ...rows].join('\n');
}
