import { rateLimited } from '../../../platform/kernel/faults.js';
import { reportLimits } from '../domain/limits.js';
import type { ReportTurns } from '../usecases/ports/reportTurns.js';

/** How many read and wait, and for how long. */
type TurnLimits = Readonly<Record<keyof typeof reportLimits.turns, number>>;

interface Place {
  readonly caller: string;
  begin(): void;
}

/**
 * Turns in this process. Of those who wait, another caller comes before the one that has just read, so that whoever asks
 * for many reports at once keeps nobody from one.
 */
export function makeReportTurns(limits: TurnLimits = reportLimits.turns): ReportTurns {
  const reading = new Set<string>();
  const waiting: Place[] = [];
  const tooMany = () => rateLimited(Math.ceil(reportLimits.millisecondsMax / 1_000));
  const mayBegin = (caller: string): boolean => reading.size < limits.atOnceMax && !reading.has(caller);

  // Whoever could begin has begun, so that nobody who comes later goes before them.
  const beginNext = (last: string): void => {
    const ready = waiting.filter(({ caller }) => mayBegin(caller));
    const next = ready.find(({ caller }) => caller !== last) ?? ready[0];
    if (next === undefined) return;
    waiting.splice(waiting.indexOf(next), 1);
    next.begin();
  };

  const enter = async (caller: string): Promise<void> => {
    if (mayBegin(caller)) {
      reading.add(caller);
      return;
    }
    const own = waiting.filter((place) => place.caller === caller).length;
    if (waiting.length >= limits.waitingMax || own >= limits.waitingOfCallerMax) throw tooMany();
    await new Promise<void>((resolve, reject) => {
      const place: Place = {
        caller,
        begin() {
          clearTimeout(timer);
          reading.add(caller);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(place), 1);
        reject(tooMany());
      }, limits.waitMsMax);
      waiting.push(place);
    });
  };

  return {
    async take(caller, read) {
      await enter(caller);
      try {
        return await read();
      } finally {
        reading.delete(caller);
        beginNext(caller);
      }
    },
  };
}
