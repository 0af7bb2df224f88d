import { Argument, Command } from 'commander';
import { packageVersion } from '../platform/kernel/packageRoot.js';
import { addAcctCommand } from './acct.js';
import { resolveCredentials } from './credentials.js';
import { readEnvironment } from './environment.js';
import { runUntilSignal } from './runUntilSignal.js';
import { type Startable, startable } from './start.js';
import { currentTotp } from './totp.js';
import { addVerifyJournalCommand } from './verifyJournal.js';
import { addVerifyReceiptCommand } from './verifyReceipt.js';

const program = new Command('tollgate')
  .description('Identity, access, accounting, storage and compute behind one federated GraphQL API.')
  .version(packageVersion)
  .showSuggestionAfterError();

program
  .command('start')
  .description('Start everything, or the named services alone, until Ctrl-C.')
  .addArgument(new Argument('[service...]', 'which services').choices([...startable]))
  .addHelpText(
    'after',
    '\nExamples:\n  tollgate start\n  tollgate start database\n  tollgate start accounting\n\nTOLLGATE_HOME, TOLLGATE_HOST and TOLLGATE_PORT say where; see the README.\nA variable may name a credential as acct:provider.profile#key; see docs/acct.md.',
  )
  .action(async (services: Startable[]) => {
    const environment = async () => readEnvironment(await resolveCredentials(process.env), process.getuid?.());
    process.exitCode = await runUntilSignal(environment, services);
  });

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
addAcctCommand(program);

await program.parseAsync();
