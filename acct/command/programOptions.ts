import type { Command } from 'commander';
import { readKeys } from '../keys/readKeys.js';

/** What the two options say. */
export interface AcctSelection {
  readonly file: string | null;
  readonly keys: readonly string[];
}

/** Adds `--acct-file` and `--acct-key` to the command of another program, with acct's environment variables. */
export function addAcctOptions<Target extends Command>(command: Target): Target {
  return command
    .addOption(command.createOption('--acct-file <file>', 'an encrypted file of credentials').env('ACCT_FILE'))
    .addOption(
      command
        .createOption('--acct-key <key>', 'a key that opens it; "-" reads it from stdin')
        .env('ACCT_KEY')
        .argParser((key: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), key]),
    );
}

/**
 * Reads what addAcctOptions made of the command line: give it `command.opts()`.
 * @throws AcctError as readKeys
 */
export async function readAcctOptions(options: {
  readonly acctFile?: string;
  readonly acctKey?: readonly string[];
}): Promise<AcctSelection> {
  return {
    file: options.acctFile === undefined || options.acctFile === '' ? null : options.acctFile,
    keys: await readKeys({ keys: options.acctKey ?? [] }),
  };
}
