import { setTimeout as sleep } from 'node:timers/promises';
import { isAtRest } from '../domain/accessRequest.js';
import type { Extension } from '../domain/extension.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';
import { answerBy } from './waiting.js';

const POLL_MS = 40;

/** An extension once it is at rest, or as it stands when the answer is due; null where it was dismissed. */
export async function awaitExtension(
  { database, stopping }: Pick<Dependencies, 'database' | 'stopping'>,
  caller: Caller,
  id: string,
): Promise<Extension | null> {
  for (;;) {
    const extension = await database.extensions.find(id);
    const isDue = Date.now() >= answerBy(caller) || stopping.aborted;
    if (extension === null || isAtRest(extension) || isDue) return extension;
    await sleep(POLL_MS);
  }
}
