import { Command } from 'commander';
import { packageVersion } from '../platform/kernel/packageRoot.js';
import { addAcctCommand } from './acct.js';
import { addBackupCommands } from './backup/command.js';
import { addConfigurationCommand } from './configuration/command.js';
import { addInitCommand } from './init/command.js';
import { addKeysCommand } from './keys.js';
import { addProcessCommands } from './processes/commands.js';
import { addStartCommand } from './startCommand.js';
import { currentTotp } from './totp.js';
import { addVerifyJournalCommand } from './verifyJournal.js';
import { addVerifyReceiptCommand } from './verifyReceipt.js';

const program = new Command('tollgate')
  .description('Identity, access, accounting, storage and compute behind one federated GraphQL API.')
  .version(packageVersion)
  .showSuggestionAfterError();

const surroundings = { environment: process.env, uid: process.getuid?.() };
addStartCommand(program, surroundings);
addProcessCommands(program, surroundings);
addConfigurationCommand(program, surroundings);
addBackupCommands(program, surroundings);
addInitCommand(program);

program
  .command('totp')
  .description('Print the one-time code of a secret for now.')
  .argument('<secret>', 'the secret in base32, as in operator.json')
  .addHelpText('after', '\nExample:\n  tollgate totp JBSWY3DPEHPK3PXP')
  .action(async (secret: string) => {
    try {
      process.stdout.write(`${await currentTotp(secret)}\n`);
    } catch (error) {
      process.stderr.write(`tollgate: ${error instanceof Error ? error.message : 'the code could not be made'}\n`);
      process.exitCode = 1;
    }
  });

addVerifyReceiptCommand(program);
addVerifyJournalCommand(program);
addKeysCommand(program, surroundings);
addAcctCommand(program);

await program.parseAsync();
