import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessRequest, isAtRest } from '../domain/accessRequest.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';
import { answerBy } from './waiting.js';

const POLL_MS = 40;

/** A request once it is at rest, or as it stands when the answer is due; null where it was dismissed. */
export async function awaitRest(
  { database, stopping }: Pick<Dependencies, 'database' | 'stopping'>,
  caller: Caller,
  id: string,
): Promise<AccessRequest | null> {
  for (;;) {
    const request = await database.requests.find(id);
    if (request === null || isAtRest(request)) return request;
    if (Date.now() >= answerBy(caller) || stopping.aborted) break;
    await sleep(POLL_MS);
  }
  await database.requests.show(id);
  return database.requests.find(id);
}
