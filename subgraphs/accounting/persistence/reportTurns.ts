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
 * Turns in this process. Of those who wait, another caller comes before the one that has just read, so that whoever asks
 * for many reports at once keeps nobody from one. What a place may wait for others is counted only while its caller reads
 * nothing: one that waits for its caller's own reports is not late.
 */
export function makeReportTurns(limits: TurnLimits = reportLimits.turns): ReportTurns {
  const reading = new Set<string>();
  const waiting: Place[] = [];
  const tooMany = () => rateLimited(Math.ceil(reportLimits.millisecondsMax / 1_000));
  const mayBegin = (caller: string): boolean => reading.size < limits.atOnceMax && !reading.has(caller);

  const placesOf = (caller: string): readonly Place[] => waiting.filter((place) => place.caller === caller);

  const beginReading = (caller: string): void => {
    reading.add(caller);
    // These now wait for a report of their own.
    for (const place of placesOf(caller)) place.stopClock();
  };

  // Whoever could begin has begun, so that nobody who comes later goes before them.
  const beginNext = (last: string): void => {
    const ready = waiting.filter(({ caller }) => mayBegin(caller));
    const next = ready.find(({ caller }) => caller !== last) ?? ready[0];
    if (next === undefined) return;
    next.begin();
    beginReading(next.caller);
  };

  const endReading = (caller: string): void => {
    reading.delete(caller);
    for (const place of placesOf(caller)) place.startClock();
    beginNext(caller);
  };

  const waitForTurn = (caller: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let delay: NodeJS.Timeout | undefined;
      const stopClock = () => clearTimeout(delay);
      const leave = (): void => {
        stopClock();
        clearTimeout(stay);
        waiting.splice(waiting.indexOf(place), 1);
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
      waiting.push(place);
      if (!reading.has(caller)) startClock();
    });

  const enter = async (caller: string): Promise<void> => {
    if (mayBegin(caller)) {
      beginReading(caller);
      return;
    }
    if (waiting.length >= limits.waitingMax || placesOf(caller).length >= limits.waitingOfCallerMax) throw tooMany();
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
