import { writeAudit } from '../../../platform/audit/audit.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { beginEnding } from './beginEnding.js';
import type { Dependencies } from './dependencies.js';
import type { EndingSubject, Run } from './ports/sagas.js';
import { tasks } from './ports/tasks.js';

/**
 * Begins to end a grant whose window is over, as its holder could have done; one that is being ended already is left
 * alone. @returns the chain for the caller to run, or null where there is none to run
 */
export async function closeWindow(
  deps: Pick<Dependencies, 'database' | 'clock' | 'chains'>,
  grantId: string,
): Promise<Run<EndingSubject> | null> {
  return deps.database.transactionally(async (store) => {
    const [grant] = await store.grants.byIds([grantId]);
    if (grant === undefined || grant.state !== 'OPEN') return null;
    if (deps.clock.now() < grant.endsAt) {
      // It was extended, or the database's clock is ahead of this one's.
      const runAt = new Date(Math.max(Date.now() + 1_000, grant.endsAt.getTime()));
      await enqueue(store.sql, tasks.closeWindow, { grantId }, { runAt, jobKey: `closeWindow:${grantId}` });
      return null;
    }
    const begun = await beginEnding(deps, store, grant, {
      endedAt: grant.endsAt,
      waitForJobs: false,
      endedBy: 'service:access',
      endReason: null,
      purge: false,
    });
    if (begun === null) return null;
    await writeAudit(store.sql, {
      actor: 'service:access',
      action: 'closeWindow',
      target: grantId,
      outcome: 'OK',
      requestId: grantId,
      clientIp: '',
    });
    return begun;
  });
}
