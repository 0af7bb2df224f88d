import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { beginJournalCheck, type JournalFault } from '../subgraphs/accounting/domain/journalFile.js';
import { type ProofKeys, readProofKeys } from '../subgraphs/accounting/domain/proof.js';
import { readSource } from './readSource.js';

/** How the command ends, so that a script can tell why; 1 is for what cannot be read. */
const EXIT_CODES = { MALFORMED: 2, UNKNOWN_KEY: 3, ALTERED: 4 } as const;

/** Adds `tollgate verify-journal`, which needs no running system. */
export function addVerifyJournalCommand(program: Command): void {
  program
    .command('verify-journal')
    .description('Check an exported journal offline: every row, every checkpoint.')
    .argument('<file>', 'the export; - reads standard input')
    .option('--keys <file|url>', 'public keys of the issuer that you trust')
    .addHelpText(
      'after',
      '\nAn operator exports the journal by GET /ledger/journal.ndjson. The keys are\nthose of GET /.well-known/tollgate-receipts.json. Without them the rows are\nchecked against each other alone: whoever rewrites all of them is not found.\n\nExit codes: 0 sound, 1 cannot be read, 2 malformed or cut off, 3 unknown key,\n4 a row or a checkpoint is not as it was; the first is named.\n\nExample:\n  tollgate verify-journal journal.ndjson --keys tollgate-receipts.json',
    )
    .action(async (file: string, options: { readonly keys?: string }) => {
      process.exitCode = await verifyJournal(file, options.keys);
    });
}

async function verifyJournal(file: string, keysSource: string | undefined): Promise<number> {
  try {
    const keys = keysSource === undefined ? null : await loadKeys(keysSource);
    const check = beginJournalCheck(keys);
    const fault = (await firstFault(file, check.take)) ?? check.finish();
    if (fault !== null) {
      process.stderr.write(`tollgate: ${fault.message}\n`);
      return EXIT_CODES[fault.fault];
    }
    const { rows, head, checkpoints } = check.state;
    const signatures = keys === null ? 'not checked, since there are no --keys' : 'all genuine';
    process.stdout.write(
      `The journal is sound.\nRows:         ${rows}\nLast hash:    ${head}\nCheckpoints:  ${checkpoints}, ${signatures}\n`,
    );
    return 0;
  } catch (error) {
    process.stderr.write(`tollgate: ${error instanceof Error ? error.message : 'the journal could not be checked'}\n`);
    return 1;
  }
}

async function loadKeys(source: string): Promise<ProofKeys> {
  const keys = readProofKeys(await readSource(source));
  if (keys === null) throw new Error(`${source} is no JWK set; save /.well-known/tollgate-receipts.json.`);
  return keys;
}

/** Line by line: an export may be larger than memory. */
async function firstFault(file: string, take: (line: string) => JournalFault | null): Promise<JournalFault | null> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  try {
    // The iterator of readline loses a stream's error; the stream itself does not.
    await new Promise<void>((resolve, reject) => {
      input.once('readable', resolve).once('end', resolve).once('error', reject);
    });
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const fault = take(line);
      if (fault !== null) return fault;
    }
    return null;
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'broken off'}).`);
  } finally {
    input.destroy();
  }
}
