import type { Grant } from '../domain/grant.js';
import { firstState } from '../domain/saga.js';
import type { Dependencies } from './dependencies.js';
import type { EndingSubject, Run } from './ports/sagas.js';
import type { GrantEnd, Store } from './ports.js';

/** Makes an open grant ENDING and begins the chain that settles it; null where somebody else did. */
export async function beginEnding(
  { clock, chains }: Pick<Dependencies, 'clock' | 'chains'>,
  store: Store,
  grant: Grant,
  end: GrantEnd,
): Promise<Run<EndingSubject> | null> {
  if (!(await store.grants.beginEnding(grant.id, end))) return null;
  const [offer] = await store.offers.byIds([grant.offerId]);
  if (offer === undefined) throw new Error('a grant has an offer');
  const now = clock.now();
  const state = firstState(chains.endGrant.plan, now);
  const lease = await store.sagaRuns.begin({ id: grant.id, saga: 'endGrant', state, now });
  return {
    ...lease,
    state,
    startedAt: now,
    subject: {
      grantId: grant.id,
      kind: offer.kind,
      escrowAccountId: grant.escrowAccountId,
      unit: grant.unit,
      waitForJobs: end.waitForJobs,
      purge: end.purge,
      refundTransferId: null,
      refundedMicros: 0n,
    },
  };
}
