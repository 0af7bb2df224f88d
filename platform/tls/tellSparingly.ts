import { LRUCache } from 'lru-cache';
import type { Logger } from '../server/log.js';

const AGAIN_AFTER_MS = 60_000;
const SENTENCES_MAX = 100;

/** Warns of what may come with every call: each sentence once a minute; those that differ in numbers, as times, are one. */
export function tellSparingly(log: Pick<Logger, 'warn'>): (sentence: string) => void {
  const toldAt = new LRUCache<string, number>({ max: SENTENCES_MAX });
  return (sentence) => {
    const kind = sentence.replaceAll(/\d+/g, '0');
    const now = Date.now();
    if (now - (toldAt.get(kind) ?? 0) < AGAIN_AFTER_MS) return;
    toldAt.set(kind, now);
    log.warn(sentence);
  };
}
