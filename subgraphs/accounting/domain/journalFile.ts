import { createHash } from 'node:crypto';
import { type ProofKeys, readProof } from './proof.js';

// The journal as text, one JSON document a line: a heading, the rows in their order, each checkpoint behind its row, and
// an end, by which a file that was cut off is told from a whole one. A row has the very text that was hashed, so that
// whoever checks it needs to know nothing of how the database writes it.
const HEADING = { journal: 'tollgate', version: 1 };

/** A row of the journal as it was hashed. */
export interface ExportedRow {
  readonly sequence: bigint;
  /** The canonical form: JSON whose first value is the position as text. */
  readonly form: string;
  /** The chain's hash at this row, base64url. */
  readonly hash: string;
}

/** The first line. */
export const headingLine = (): string => lineOf(HEADING);
/** A row's line. */
export const rowLine = ({ form, hash }: ExportedRow): string => lineOf({ form, hash });
/** A checkpoint's line. */
export const checkpointLine = (proof: string): string => lineOf({ checkpoint: proof });
/** The last line. */
export const endLine = (rows: bigint): string => lineOf({ end: rows.toString() });

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

/** What is wrong with a file, and where. */
export interface JournalFault {
  readonly fault: 'MALFORMED' | 'UNKNOWN_KEY' | 'ALTERED';
  readonly message: string;
}

/** What was found so far. */
interface JournalState {
  readonly rows: bigint;
  readonly head: string;
  readonly checkpoints: number;
}

/** Checks a file line by line. */
export interface JournalCheck {
  /** @returns what is wrong with the line, or null */
  take(line: string): JournalFault | null;
  /** To be called after the last line. @returns what is missing, or null */
  finish(): JournalFault | null;
  readonly state: JournalState;
}

/** Begins a check. @param keys with which checkpoints are checked; null leaves their signatures unchecked */
export function beginJournalCheck(keys: ProofKeys | null): JournalCheck {
  let phase: 'HEADING' | 'ROWS' | 'END' = 'HEADING';
  let rows = 0n;
  let hash = Buffer.alloc(32);
  let checkpoints = 0;
  const head = (): string => hash.toString('base64url');

  function takeRow(form: string, claimed: string): JournalFault | null {
    const sequence = /^\["([0-9]{1,19})"/.exec(form)?.[1];
    if (sequence === undefined) return malformed(`Row ${rows + 1n} has no position.`);
    if (BigInt(sequence) !== rows + 1n)
      return altered(`Row ${rows + 1n} is missing: row ${sequence} stands in its place.`);
    hash = createHash('sha256').update(hash).update(form, 'utf8').digest();
    rows += 1n;
    return head() === claimed ? null : altered(`Row ${sequence} is not as it was written.`);
  }

  function takeCheckpoint(proof: string): JournalFault | null {
    checkpoints += 1;
    if (keys === null) return null;
    const read = readProof(proof, keys, 'checkpoint+jwt');
    if (!read.ok) {
      const message = `The checkpoint after row ${rows} proves nothing: ${read.message}`;
      return read.fault === 'BAD_SIGNATURE' ? altered(message) : { fault: read.fault, message };
    }
    const { sequence, entryHash } = read.claims;
    if (sequence === rows.toString() && entryHash === head()) return null;
    return altered(`The checkpoint after row ${rows} was signed for another row or another history.`);
  }

  return {
    get state() {
      return { rows, head: head(), checkpoints };
    },
    take(line) {
      const value = parse(line);
      if (phase === 'HEADING') {
        phase = 'ROWS';
        const isJournal = value?.['journal'] === HEADING.journal && value['version'] === HEADING.version;
        return isJournal ? null : malformed('This is no journal of Tollgate.');
      }
      if (phase === 'END' || value === null) return malformed(`What follows row ${rows} is no line of a journal.`);
      const { form, hash: claimed, checkpoint, end } = value;
      if (typeof form === 'string' && typeof claimed === 'string') return takeRow(form, claimed);
      if (typeof checkpoint === 'string') return takeCheckpoint(checkpoint);
      if (typeof end !== 'string') return malformed(`What follows row ${rows} is no line of a journal.`);
      phase = 'END';
      return end === rows.toString() ? null : altered(`Row ${rows + 1n} is missing: the file ends before row ${end}.`);
    },
    finish: () => (phase === 'END' ? null : malformed(`The file breaks off after row ${rows}.`)),
  };
}

const malformed = (message: string): JournalFault => ({ fault: 'MALFORMED', message });
const altered = (message: string): JournalFault => ({ fault: 'ALTERED', message });

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    // Null and lists have none of the members that are asked for.
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
