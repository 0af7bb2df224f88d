import type { Logger } from '../../../platform/server/log.js';
import type { UsageRecords } from '../usecases/ports/usage.js';

const PAUSE_MS = 60_000;
/** Rounds of one turn; what is left then waits for the next minute. */
const ROUNDS_MAX = 20;

/**
 * Collects what is owed for use from accounts that can pay again, every minute. Several replicas may do it at once; nothing
 * is lost when a round fails.
 */
export function startCollectingUsage(usage: UsageRecords, log: Logger): { stop(): Promise<void> } {
  let turn = Promise.resolve();
  const timer = setInterval(() => {
    turn = turn.then(() =>
      collectUsage(usage).catch((err: unknown) => log.warn({ err }, 'owed usage could not be collected; trying later')),
    );
  }, PAUSE_MS);
  return {
    async stop() {
      clearInterval(timer);
      await turn;
    },
  };
}

/** One turn: rounds until nothing more can be collected. */
async function collectUsage(usage: UsageRecords): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) if ((await usage.collect()) === 0) return;
}
