import type { SqlSession } from '../../../platform/database/sql.js';
import type { Logger } from '../../../platform/server/log.js';

const PAUSE_MS = 60_000;
const ACCOUNTS_MAX = 500;

/**
 * Tidies holds whose time ran out: writes their end into the journal and takes them off what the accounts reserve. What
 * is read and judged does not wait for it, since every reading and every posting looks at the time itself. Several
 * replicas may do it at once; nothing is lost when a round fails.
 */
export function startExpiringHolds(sql: SqlSession, log: Logger): { stop(): Promise<void> } {
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = round.then(() =>
      expireHolds(sql).catch((err: unknown) => log.warn({ err }, 'holds could not be tidied; trying again later')),
    );
  }, PAUSE_MS);
  return {
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}

/** One round: the accounts of the holds that are longest past their time. */
export async function expireHolds(sql: SqlSession): Promise<void> {
  await sql.$queryRawUnsafe('SELECT expire_holds($1::int)::text', ACCOUNTS_MAX);
}
