import type { Logger } from '../../../platform/server/log.js';
import type { Chain, SagaJournal } from '../usecases/ports/sagas.js';
import { runUnattended } from './runUnattended.js';

/** Runs that are taken over in one statement. */
const AT_ONCE = 8;
/** Runs side by side: they wait for other services' answers most of their time. */
const SLOTS = 32;

/** One kind of saga, of which what was left can be taken up. @returns the runs that it began, each until it is over or handed over */
type Leftovers = () => Promise<readonly Promise<void>[]>;

/** Takes up some sagas of a kind that their runners left. */
export const leftovers =
  <Subject, Facts>(chain: Chain<Subject>, journal: SagaJournal<Subject, Facts>): Leftovers =>
  async () =>
    (await journal.claimLeft(AT_ONCE)).map((run) => runUnattended(chain, run));

/**
 * Takes up all sagas whose runners died or let their leases end, many at a time: as some end the next are taken up, so that
 * one that is slow keeps its own slot alone. One that could not be written is looked at again when its lease ends.
 * @param stopping from when on nothing more is taken up
 * @returns what takes up, until nothing is left; called again meanwhile, it helps
 */
export function takeUpLeft(kinds: readonly Leftovers[], stopping: AbortSignal, log: Logger): () => Promise<void> {
  const underWay = new Set<Promise<void>>();
  let filling: Promise<boolean> | null = null;

  function watch(run: Promise<void>): void {
    const watched = run
      .catch((err: unknown) => log.error({ err }, 'a saga was left; another runner takes it up'))
      .finally(() => underWay.delete(watched));
    underWay.add(watched);
  }

  const hasRoom = (): boolean => underWay.size + AT_ONCE <= SLOTS;

  /** @returns whether nothing more is left, or nothing more is to be taken up */
  async function fill(): Promise<boolean> {
    for (const take of kinds) {
      for (;;) {
        if (stopping.aborted) return true;
        if (!hasRoom()) return false;
        const begun = await take();
        begun.forEach(watch);
        if (begun.length === 0) break;
      }
    }
    return true;
  }

  return async () => {
    for (;;) {
      filling ??= fill().finally(() => {
        filling = null;
      });
      if (await filling) break;
      if (!hasRoom()) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  };
}
