import type { Command } from 'commander';
import { readProof, readProofKeys } from '../subgraphs/accounting/domain/proof.js';
import { readSource } from './readSource.js';

/** How the command ends, so that a script can tell why; 1 is for what cannot be read. */
const EXIT_CODES = { MALFORMED: 2, UNKNOWN_KEY: 3, BAD_SIGNATURE: 4 } as const;

const LABELS: readonly (readonly [claim: string, label: string])[] = [
  ['iss', 'Issuer'],
  ['receipt', 'Receipt'],
  ['number', 'Number'],
  ['amount', 'Amount'],
  ['unit', 'Unit'],
  ['debit', 'From account'],
  ['credit', 'To account'],
  ['transfer', 'Transfer'],
  ['recordedAt', 'Recorded at'],
  ['sequence', 'Journal row'],
  ['entryHash', 'Row hash'],
];

/** Adds `tollgate verify-receipt`, which needs no running system. */
export function addVerifyReceiptCommand(program: Command): void {
  program
    .command('verify-receipt')
    .description("Check a receipt's proof offline and print what it says.")
    .argument('<file>', 'the proof as Receipt.proof gives it; - reads standard input')
    .requiredOption('--keys <file|url>', 'public keys of the issuer that you trust')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThe keys are those of GET /.well-known/tollgate-receipts.json: an address, or\na file that you saved. Keys of before stay in it, so that it is enough to have\nthe newest.\n\nExit codes: 0 genuine, 1 cannot be read, 2 malformed, 3 unknown key,\n4 bad signature.\n\nExample:\n  tollgate verify-receipt receipt.jws --keys tollgate-receipts.json',
    )
    .action(async (file: string, options: { readonly keys: string; readonly json?: true }) => {
      process.exitCode = await verifyReceipt(file, options);
    });
}

async function verifyReceipt(file: string, options: { readonly keys: string; readonly json?: true }): Promise<number> {
  try {
    const keys = readProofKeys(await readSource(options.keys));
    if (keys === null) throw new Error(`${options.keys} is no JWK set; save /.well-known/tollgate-receipts.json.`);
    const proof = readProof((await readSource(file)).trim(), keys, 'receipt+jwt');
    if (options.json === true) {
      const { ok, ...rest } = proof;
      process.stdout.write(`${JSON.stringify({ genuine: ok, ...rest })}\n`);
    } else if (proof.ok) {
      const lines = LABELS.map(([claim, label]) => `${`${label}:`.padEnd(14)}${String(proof.claims[claim] ?? '')}\n`);
      process.stdout.write(`The receipt is genuine.\n${lines.join('')}`);
    } else {
      process.stderr.write(`tollgate: ${proof.message}\n`);
    }
    return proof.ok ? 0 : EXIT_CODES[proof.fault];
  } catch (error) {
    process.stderr.write(`tollgate: ${error instanceof Error ? error.message : 'the receipt could not be checked'}\n`);
    return 1;
  }
}
