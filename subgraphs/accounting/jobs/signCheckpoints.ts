import type { Logger } from '../../../platform/server/log.js';

const PAUSE_MS = 20_000;

/** Looks three times a minute whether the journal's head is to be signed; what is signed already is left alone. */
export function startSigningCheckpoints(
  signCheckpoint: () => Promise<boolean>,
  log: Logger,
): { stop(): Promise<void> } {
  let round: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    round = round.then(() =>
      signCheckpoint().catch((err: unknown) =>
        log.warn({ err }, 'the journal could not be signed; trying again later'),
      ),
    );
  }, PAUSE_MS);
  return {
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}
