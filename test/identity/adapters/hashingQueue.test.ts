import { describe, expect, it } from 'vitest';
import { hashingQueue } from '../../../subgraphs/identity/adapters/hashingQueue.js';

describe('hashing queue', () => {
  it('runs a few at a time, lets some wait and turns the rest away at once', async () => {
    const queue = hashingQueue(2);
    let running = 0;
    let most = 0;
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const work = async (): Promise<string> => {
      running += 1;
      most = Math.max(most, running);
      await gate;
      running -= 1;
      return 'done';
    };
    const all = Array.from({ length: 20 }, () => queue.run(work).catch((error: unknown) => error));
    open();
    const outcomes = await Promise.all(all);
    const done = outcomes.filter((outcome) => outcome === 'done');
    expect(most).toBeLessThanOrEqual(3);
    expect(done).toHaveLength(most + 2);
    const refused = outcomes.find((outcome) => outcome !== 'done');
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', extensions: { retryAfterSeconds: 1 } });
    await expect(queue.run(async () => 'again')).resolves.toBe('again');
  });

  it('lets fewer wait where hashes take long', async () => {
    const queue = hashingQueue(1_000);
    const slow = () => new Promise<string>((resolve) => setTimeout(() => resolve('done'), 500));
    for (let index = 0; index < 5; index += 1) await queue.run(slow);
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => queue.run(slow).catch(() => 'refused')));
    const done = outcomes.filter((outcome) => outcome === 'done').length;
    expect(done).toBeGreaterThan(2);
    expect(done).toBeLessThan(60);
  });

  it('gives its place up after a failure', async () => {
    const queue = hashingQueue(1);
    for (let index = 0; index < 10; index += 1) {
      await expect(queue.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    }
    await expect(queue.run(async () => 'fine')).resolves.toBe('fine');
  });
});
