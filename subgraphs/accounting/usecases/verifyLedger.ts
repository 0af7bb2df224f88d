import { requireOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { encodeCursor, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { Checkpoints, Journal, LedgerFault, ProofSigner } from './ports.js';

/** What a check of the ledger found, as far as it came. */
interface Verification {
  readonly sound: boolean;
  /** Rows from the journal's beginning on. */
  readonly checked: bigint;
  /** Whether all was looked at; else the cursor says where to go on. */
  readonly complete: boolean;
  readonly endCursor: string | null;
  readonly brokenAt: string | null;
  readonly detail: string | null;
}

interface Deps {
  readonly journal: Journal;
  readonly checkpoints: Checkpoints;
  readonly signer: ProofSigner;
}

const ROWS_AT_ONCE = 20_000;
/** What the sums over everything may take after the last slice of rows. */
const RESERVED_MS = 3_000;
/** Signatures of the newest checkpoints; the hashes of all are compared, and an export checks every signature. */
const SIGNATURES_MAX = 1_000;

/**
 * Recomputes the chain slice by slice until the time is up, then heads, sums, holds and checkpoints.
 * @param options.after the cursor of a check that ran out of time
 * @param options.deadlineAt when the answer must be out, in milliseconds since the epoch
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for whoever is not an operator, BAD_USER_INPUT for a forged cursor
 */
export const makeVerifyLedger =
  (deps: Deps) =>
  async (
    viewer: Viewer,
    options: { readonly after: string | null; readonly deadlineAt: number },
  ): Promise<Verification> => {
    requireOperator(viewer);
    const begin = positionOf(options.after);
    for (let checked = begin; ; ) {
      const slice = await deps.journal.verifyRows(checked, ROWS_AT_ONCE);
      const isFirst = checked === begin;
      checked += slice.checked;
      if (slice.fault !== null) return ended(checked, slice.fault);
      const isLast = slice.checked < BigInt(ROWS_AT_ONCE);
      const isLate = Date.now() > options.deadlineAt - RESERVED_MS;
      // A call that has nothing but the last slice to do has all of its time for the sums.
      if (isLast && (isFirst || !isLate)) {
        return ended(checked, (await deps.journal.verifyDerived()) ?? (await wrongSignature(deps)));
      }
      if (isLate) {
        const endCursor = encodeCursor([checked.toString()]);
        // Never called sound before all was looked at: a client need not know of `complete` to be told the truth.
        const detail = `Nothing wrong up to row ${checked}, where the time was up; ask again with after: endCursor.`;
        return { sound: false, checked, complete: false, endCursor, brokenAt: null, detail };
      }
    }
  };

const ended = (checked: bigint, fault: LedgerFault | null): Verification => ({
  sound: fault === null,
  checked,
  complete: true,
  endCursor: null,
  brokenAt: fault?.brokenAt ?? null,
  detail: fault?.detail ?? null,
});

function positionOf(cursor: string | null): bigint {
  const [position = '0'] = parsePage({ after: cursor }, 1).after ?? [];
  if (!/^[0-9]{1,18}$/.test(position)) throw badUserInput('after is not a cursor of verifyLedger.');
  return BigInt(position);
}

async function wrongSignature({ checkpoints, signer }: Deps): Promise<LedgerFault | null> {
  for (const { sequence, entryHash, proof } of await checkpoints.newest(SIGNATURES_MAX)) {
    const read = signer.readCheckpoint(proof);
    const isSigned =
      read.ok && read.claims['sequence'] === sequence.toString() && read.claims['entryHash'] === entryHash;
    if (!isSigned) return { brokenAt: 'journal', detail: `The checkpoint of row ${sequence} is not as it was signed.` };
  }
  return null;
}
