import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { feedAudience } from '../../../subgraphs/identity/persistence/feedAudience.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => vi.useRealTimers());

/** Whether a promise has come to its end. */
function ending(promise: Promise<void>): () => Promise<boolean> {
  let ended = false;
  void promise.then(() => {
    ended = true;
  });
  return async () => {
    await Promise.resolve();
    return ended;
  };
}

describe('who follows the feed', () => {
  it('is waited for until each has come so far', async () => {
    const audience = feedAudience();
    const answers = [audience.asks('access', 7), audience.asks('storage', 7)];
    const isOver = ending(audience.untilAt(9, 1_000));
    for (const answer of answers) answer();
    audience.asks('access', 9);
    expect(await isOver()).toBe(false);
    const answer = audience.asks('storage', 8);
    expect(await isOver()).toBe(false);
    answer();
    audience.asks('storage', 9);
    expect(await isOver()).toBe(true);
  });

  it('is not waited for where nobody follows, or all are there already', async () => {
    const audience = feedAudience();
    expect(await ending(audience.untilAt(9, 1_000))()).toBe(true);
    audience.asks('access', 9);
    expect(await ending(audience.untilAt(9, 1_000))()).toBe(true);
  });

  it('has gone where it was answered and asks no more', async () => {
    const audience = feedAudience();
    audience.asks('access', 7)();
    vi.advanceTimersByTime(999);
    const isOver = ending(audience.untilAt(9, 1_000));
    expect(await isOver()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await ending(audience.untilAt(9, 1_000))()).toBe(true);
  });

  it('keeps nobody waiting for longer than the time that is given', async () => {
    const audience = feedAudience();
    audience.asks('access', 7);
    const isOver = ending(audience.untilAt(9, 1_000));
    vi.advanceTimersByTime(999);
    expect(await isOver()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await isOver()).toBe(true);
  });
});
