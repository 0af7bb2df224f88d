import type { Command } from 'commander';
import { acctCommand } from '../acct/command/acctCommand.js';

/** Adds `tollgate acct`. Options after a command's name are its own: a key may well begin with "-V". */
export function addAcctCommand(program: Command): void {
  program.enablePositionalOptions().addCommand(acctCommand());
}
