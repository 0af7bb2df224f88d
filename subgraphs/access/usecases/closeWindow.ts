import { writeAudit } from '../../../platform/audit/audit.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { beginEnding } from './beginEnding.js';
import type { Dependencies } from './dependencies.js';
import type { EndingSubject, Run } from './ports/sagas.js';
import { tasks } from './ports/tasks.js';

/** When an extension that is under way is looked at again. */
const LOOK_AGAIN_MS = 5_000;

/**
 * Begins to end a grant whose window is over, as its holder could have done; one that is being ended already is left
 * alone. Where an extension is under way that may still move the end, the grant is looked at again, and judged by the end
 * that it has then; one that is being undone moves nothing any more, and its grant's settlement waits for it (sagas/endGrant).
 * @returns the chain for the caller to run, or null where there is none to run
 */
export async function closeWindow(
  deps: Pick<Dependencies, 'database' | 'clock' | 'chains'>,
  grantId: string,
): Promise<Run<EndingSubject> | null> {
  return deps.database.transactionally(async (store) => {
    // An extension begins, and moves the end, under the same lock: neither happens while this is judged.
    const grant = await store.grants.lock(grantId);
    if (grant === null || grant.state !== 'OPEN') return null;
    const isOver = deps.clock.now() >= grant.endsAt;
    if (!isOver || (await store.extensions.mayExtend(grantId))) {
      // It was extended, the database's clock is ahead of this one's, or nobody knows yet when it ends.
      const runAt = new Date(
        isOver ? Date.now() + LOOK_AGAIN_MS : Math.max(Date.now() + 1_000, grant.endsAt.getTime()),
      );
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
