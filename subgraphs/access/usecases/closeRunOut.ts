import { writeAudit } from '../../../platform/audit/audit.js';
import type { Grant } from '../domain/grant.js';
import { isRunOut } from '../domain/grantAccount.js';
import { beginEnding } from './beginEnding.js';
import type { Dependencies } from './dependencies.js';
import type { EndingSubject, Run } from './ports/sagas.js';

/** Grants whose escrows are asked for in one call. */
const BATCH = 100;

/**
 * Begins to end compute grants that are used up: nothing is left in the escrow and no job has anything reserved. Nothing could
 * be submitted under them since the last of it was reserved; this is for their status, and for what stands around them.
 * @param run runs the chains that end them, one after the other
 */
export async function closeRunOut(
  deps: Pick<Dependencies, 'database' | 'clock' | 'chains' | 'peers'>,
  run: (begun: Run<EndingSubject>) => Promise<void>,
): Promise<void> {
  let after: string | null = null;
  for (;;) {
    const grants = await deps.database.grants.openOfCompute(after, deps.clock.now(), BATCH);
    const last = grants.at(-1);
    if (last === undefined) return;
    after = last.id;
    const trace = { requestId: 'closeRunOut', clientIp: '', userAgent: 'tollgate-access' };
    const escrows = await deps.peers.accounting.findEscrows(
      grants.map(({ escrowAccountId }) => escrowAccountId),
      { ...trace, deadlineAt: Date.now() + CALL_MS },
    );
    for (const [index, grant] of grants.entries()) {
      const escrow = escrows[index];
      if (escrow === undefined || !isRunOut(escrow)) continue;
      const begun = await begin(deps, grant);
      if (begun !== null) await run(begun);
    }
  }
}

/** How long the answer about one batch is awaited. */
const CALL_MS = 5_000;

/** Null where it was ended, is being extended, or was since its escrow was read: then it may have money again. */
function begin(
  deps: Pick<Dependencies, 'database' | 'clock' | 'chains'>,
  { id: grantId, paidMicros }: Grant,
): Promise<Run<EndingSubject> | null> {
  return deps.database.transactionally(async (store) => {
    const grant = await store.grants.lock(grantId);
    if (grant === null || grant.state !== 'OPEN' || grant.isExtending || grant.paidMicros !== paidMicros) return null;
    const endedAt = deps.clock.now();
    const end = { endedAt, waitForJobs: false, endedBy: 'service:access', endReason: null, purge: false };
    const begun = await beginEnding(deps, store, grant, end);
    await writeAudit(store.sql, {
      actor: 'service:access',
      action: 'closeRunOut',
      target: grantId,
      outcome: 'OK',
      requestId: grantId,
      clientIp: '',
    });
    return begun;
  });
}
