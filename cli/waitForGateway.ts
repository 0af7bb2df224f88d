import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../platform/server/log.js';
import { NotThereYetError } from '../platform/server/notThereYetError.js';
import { runningUrl } from '../platform/server/runDirectory.js';

const LOOK_EVERY_MS = 100;
const WAIT_MS_MAX = 60_000;

interface GatewayWait {
  readonly log: Logger;
  readonly stopping?: AbortSignal | undefined;
  readonly atMostMs?: number;
}

/**
 * Waits until a gateway runs on a home, for the controller, which needs one; the log says that it waits.
 * @param stopping ends the waiting
 * @throws NotThereYetError after a minute; an AbortError by the signal
 */
export async function waitForGateway(
  home: string,
  { log, stopping, atMostMs = WAIT_MS_MAX }: GatewayWait,
): Promise<void> {
  const givesUpAt = performance.now() + atMostMs;
  for (let isSaid = false; !(await isThere(home)); isSaid = true) {
    if (!isSaid)
      log.warn({ home }, 'the controller waits for a gateway to run on the data folder (gateway.url is not set)');
    if (performance.now() > givesUpAt) {
      throw new NotThereYetError(
        `The controller found no gateway on ${home} in a minute; start it there ("tollgate start gateway"), or say where it is: TOLLGATE_URL.`,
      );
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: stopping });
  }
}

const isThere = (home: string): Promise<boolean> =>
  runningUrl(home, 'gateway').then(
    () => true,
    () => false,
  );
