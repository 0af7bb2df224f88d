import { requireOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { checkpointLine, endLine, headingLine, rowLine } from '../domain/journalFile.js';
import type { Checkpoints, Journal } from './ports.js';

const ROWS_AT_ONCE = 2_000;

/**
 * The whole journal up to its present head as lines (domain/journalFile.ts), read slice by slice while it is written out.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for whoever is not an operator
 */
export const makeExportJournal =
  (deps: { readonly journal: Journal; readonly checkpoints: Checkpoints }) =>
  (viewer: Viewer): AsyncIterable<string> => {
    requireOperator(viewer);
    return linesOf(deps);
  };

async function* linesOf({
  journal,
  checkpoints,
}: {
  readonly journal: Journal;
  readonly checkpoints: Checkpoints;
}): AsyncGenerator<string> {
  const { sequence: through } = await journal.head();
  yield headingLine();
  for (let after = 0n; after < through; ) {
    const rows = await journal.exportRows({ after, through }, ROWS_AT_ONCE);
    const last = rows.at(-1);
    // Rows that are gone: the end tells how many there should be.
    if (last === undefined) break;
    const proofs = new Map(
      (await checkpoints.between(after, last.sequence)).map(({ sequence, proof }) => [sequence, proof]),
    );
    yield rows
      .map((row) => {
        const proof = proofs.get(row.sequence);
        return rowLine(row) + (proof === undefined ? '' : checkpointLine(proof));
      })
      .join('');
    after = last.sequence;
  }
  yield endLine(through);
}
