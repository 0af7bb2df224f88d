import { AcctError } from '../acctError.js';
import { type AcctEnvironment, readAcctEnvironment } from './environment.js';
import { Interrupted } from './runEditor.js';

const UNEXPECTED = 1;

/** Runs one command: what it refuses becomes one line on stderr and an exit status of its own. */
export async function run(act: (environment: AcctEnvironment) => Promise<void>): Promise<void> {
  try {
    await act(readAcctEnvironment(process.env));
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = error.exitCode;
      return;
    }
    // Anything that is no refusal of ours is told by its kind: its text might quote what was read.
    const known = error instanceof AcctError;
    process.stderr.write(
      `tollgate acct: ${known ? oneLine(error.message) : `unexpected failure (${nameOf(error)})`}\n`,
    );
    process.exitCode = known ? error.exitCode : UNEXPECTED;
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
const nameOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? `${error.name} ${String(error.code)}` : String((error as Error)?.name);
