import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { NotThereYetError } from '../platform/server/notThereYetError.js';

const ASK_EVERY_MS = 50;
const WAIT_MS_MAX = 60_000;

/**
 * Waits until a service says that it can serve. A subgraph started alone is not ready before identity has answered
 * it once; after a minute that is said and not waited for any longer.
 * @param dispatcher how it is reached with TLS
 * @param stopping ends the waiting
 * @throws NotThereYetError with the reason that the service gives; the signal's reason
 */
export async function waitUntilReady(
  url: string,
  {
    dispatcher,
    stopping,
  }: { readonly dispatcher?: Dispatcher | undefined; readonly stopping?: AbortSignal | undefined } = {},
): Promise<void> {
  const givesUpAt = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const { statusCode, body } = await request(`${url}/health/ready`, {
      ...(dispatcher === undefined ? {} : { dispatcher }),
      ...(stopping === undefined ? {} : { signal: stopping }),
    });
    const { reason } = (await body.json()) as { reason?: string };
    if (statusCode === 200) return;
    if (performance.now() > givesUpAt) {
      throw new NotThereYetError(
        `${url} is not ready after a minute (${reason ?? 'it does not say why'}); start what it waits for, or correct where it looks: IDENTITY_URL.`,
      );
    }
    await delay(ASK_EVERY_MS, undefined, { signal: stopping });
  }
}
