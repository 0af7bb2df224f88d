import type { Chain, SagaJournal } from '../usecases/ports/sagas.js';
import { LeaseLost } from '../usecases/ports.js';

/** Runs that one lane takes over in one statement and runs side by side. */
const AT_ONCE = 8;
/** Lanes: a chain that is slow holds up its own alone. They wait for other services' answers most of their time. */
const LANES = 4;

/** One kind of saga, of which what was left can be taken up. @returns how many a call found */
type Leftovers = () => Promise<number>;

/** Takes up some sagas of a kind that their runners left. What those had of the persons' calls is gone. */
export const leftovers =
  <Subject, Facts>(chain: Chain<Subject>, journal: SagaJournal<Subject, Facts>): Leftovers =>
  async () => {
    const runs = await journal.claimLeft(AT_ONCE);
    const ends = await Promise.allSettled(
      runs.map((run) =>
        chain.run(run, {
          trace: { requestId: run.id, clientIp: '', userAgent: 'tollgate-access' },
          spendToken: null,
        }),
      ),
    );
    for (const end of ends) {
      // One that could not be written is looked at again when its lease ends.
      if (end.status === 'rejected' && !(end.reason instanceof LeaseLost)) throw end.reason;
    }
    return runs.length;
  };

/**
 * Takes up all sagas whose runners died or let their leases end, many at a time. Called again while it runs, it only fills
 * up its lanes.
 * @param stopping from when on nothing more is taken up
 */
export function takeUpLeft(kinds: readonly Leftovers[], stopping: AbortSignal): () => Promise<void> {
  let lanes = 0;
  const lane = async (): Promise<void> => {
    try {
      for (const take of kinds) while (!stopping.aborted && (await take()) > 0);
    } finally {
      lanes -= 1;
    }
  };
  return async () => {
    const begun: Promise<void>[] = [];
    for (; lanes < LANES; lanes += 1) begun.push(lane());
    await Promise.all(begun);
  };
}
