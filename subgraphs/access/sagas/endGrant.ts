import { refused } from '../../../platform/kernel/refusal.js';
import type { Peers } from '../usecases/ports/peers.js';
import type { EndingFacts, EndingSubject, Settlement } from '../usecases/ports/sagas.js';
import { type Saga, toStep } from './saga.js';

/**
 * Ends a grant: access closes, then the escrow is settled. It has no undo and no deadline: money that is owed is
 * returned, however long a service is away. An extension that is under way is waited for before the escrow is settled,
 * since it may still fill it.
 * @param settlementOf what is to be settled of a grant that is being ended
 */
export function endGrantSaga(
  { accounting, storage, compute }: Peers,
  settlementOf: (grantId: string) => Promise<Settlement>,
): Saga<EndingSubject, EndingFacts> {
  return {
    name: 'endGrant',
    deadlineMs: null,
    timedOut: refused('CHAIN_TIMED_OUT', 'The grant could not be ended in time.'),
    rejected: refused('PROVISIONING_FAILED', 'A service refused a step of ending the grant.'),
    steps: [
      {
        name: 'closeResource',
        deadlineMs: null,
        do: {
          name: 'closeResource',
          point: 'access.endGrant.closeResource',
          callees: ['storage.closeDrive', 'compute.closeAllocation'],
          async run({ grantId, kind, waitForJobs, purge }, call) {
            if (kind === 'STORAGE') return toStep(await storage.closeDrive({ grantId, purge }, call));
            const closed = await compute.closeAllocation({ grantId, wait: waitForJobs }, call);
            // What running jobs will capture is not known before the last of them is settled.
            return closed.ok && !closed.value.isSettled ? { kind: 'PENDING' } : toStep(closed);
          },
        },
        undo: null,
      },
      {
        name: 'closeEscrow',
        deadlineMs: null,
        do: {
          name: 'closeEscrow',
          point: 'access.endGrant.closeEscrow',
          callees: ['accounting.closeEscrow'],
          async run({ grantId, escrowAccountId, unit }, call) {
            const { isExtending, earnedMicros } = await settlementOf(grantId);
            if (isExtending) return { kind: 'PENDING' };
            const wish = { escrowAccountId, earnedSoFar: { micros: earnedMicros, unit } };
            const closed = await accounting.closeEscrow(wish, call);
            // Whoever closed it before has settled it.
            if (!closed.ok && closed.refusal.code === 'ACCOUNT_CLOSED') return { kind: 'DONE', facts: {} };
            return closed.ok ? { kind: 'DONE', facts: closed.value } : { kind: 'REFUSED', refusal: closed.refusal };
          },
        },
        undo: null,
      },
    ],
  };
}
