import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytesBelow } from './memory.js';
import { runTollgate } from './runningTollgate.js';

/** One start of the whole program. */
export interface StartFigure {
  readonly seconds: number;
  /** Of all its processes together, shared pages counted once; null where it was not asked for. */
  readonly bytes: number | null;
}

const IDLE_MS = 3_000;

/**
 * Starts the built program on a home, until it answers a query correctly, then stops it.
 * @param measureMemory whether to look at its memory after some idle seconds
 */
export async function startTollgate(home: string, measureMemory = false): Promise<StartFigure> {
  const began = performance.now();
  const tollgate = await runTollgate(home);
  try {
    const answer = await fetch(`${tollgate.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ viewer { scopes } }' }),
    });
    const body = (await answer.json()) as { data?: { viewer: null } };
    const seconds = (performance.now() - began) / 1000;
    if (body.data?.viewer !== null) {
      throw new Error(`The run is void, the first answer is wrong: ${JSON.stringify(body)}`);
    }
    if (!measureMemory) return { seconds, bytes: null };
    await sleep(IDLE_MS);
    return { seconds, bytes: await residentBytesBelow(tollgate.pid, home) };
  } finally {
    await tollgate.stop();
  }
}
