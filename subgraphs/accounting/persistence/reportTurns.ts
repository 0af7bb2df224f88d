import { rateLimited } from '../../../platform/kernel/faults.js';
import { reportLimits } from '../domain/limits.js';
import type { ReportTurns } from '../usecases/ports/reportTurns.js';

/** How many read and wait, and for how long. */
type TurnLimits = Readonly<Record<keyof typeof reportLimits.turns, number>>;

interface Place {
  readonly caller: string;
  begin(): void;
  /** RATE_LIMITED: nothing is read. */
  refuse(): void;
  /** Lets the time run for which others may delay it. */
  startClock(): void;
  stopClock(): void;
}

/**
 * Turns in this process. Callers take turns: who has just read comes after everybody who waits, and where all places are
 * taken, whoever has most gives one up to a caller who has none. So whoever asks for many reports at once keeps nobody from
 * one. What a place may wait for others is counted only while its caller reads nothing: one that waits for its caller's own
 * reports is not late.
 */
export function makeReportTurns(limits: TurnLimits = reportLimits.turns): ReportTurns {
  const reading = new Set<string>();
  let waiting: readonly Place[] = [];
  const tooMany = () => rateLimited(Math.ceil(reportLimits.millisecondsMax / 1_000));
  const mayBegin = (caller: string): boolean => reading.size < limits.atOnceMax && !reading.has(caller);

  const placesOf = (caller: string): readonly Place[] => waiting.filter((place) => place.caller === caller);

  const beginReading = (caller: string): void => {
    reading.add(caller);
    // These now wait for a report of their own.
    for (const place of placesOf(caller)) place.stopClock();
  };

  // Whoever could begin has begun, so that nobody who comes later goes before them.
  const beginNext = (): void => {
    const next = waiting.find(({ caller }) => mayBegin(caller));
    if (next === undefined) return;
    next.begin();
    beginReading(next.caller);
  };

  const endReading = (caller: string): void => {
    reading.delete(caller);
    const own = placesOf(caller);
    waiting = [...waiting.filter((place) => place.caller !== caller), ...own];
    for (const place of own) place.startClock();
    beginNext();
  };

  /** The newest place of whoever has most; none where nobody has more than one. */
  const mostHeld = (): Place | undefined => {
    const counts = new Map<string, number>();
    for (const { caller } of waiting) counts.set(caller, (counts.get(caller) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return most > 1 ? waiting.findLast(({ caller }) => counts.get(caller) === most) : undefined;
  };

  const makeRoom = (caller: string): void => {
    const own = placesOf(caller).length;
    if (own >= limits.waitingOfCallerMax) throw tooMany();
    if (waiting.length < limits.waitingMax) return;
    const given = own === 0 ? mostHeld() : undefined;
    if (given === undefined) throw tooMany();
    given.refuse();
  };

  const waitForTurn = (caller: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let delay: NodeJS.Timeout | undefined;
      const stopClock = () => clearTimeout(delay);
      const leave = (): void => {
        stopClock();
        clearTimeout(stay);
        waiting = waiting.filter((other) => other !== place);
      };
      const refuse = (): void => {
        leave();
        reject(tooMany());
      };
      const begin = (): void => {
        leave();
        resolve();
      };
      const startClock = (): void => {
        delay = setTimeout(refuse, limits.waitMsMax);
      };
      const place: Place = { caller, begin, refuse, startClock, stopClock };
      const stay = setTimeout(refuse, limits.stayMsMax);
      waiting = [...waiting, place];
      if (!reading.has(caller)) startClock();
    });

  const enter = async (caller: string): Promise<void> => {
    if (mayBegin(caller)) {
      beginReading(caller);
      return;
    }
    makeRoom(caller);
    await waitForTurn(caller);
  };

  return {
    async take(caller, read) {
      await enter(caller);
      try {
        return await read();
      } finally {
        endReading(caller);
      }
    },
  };
}
