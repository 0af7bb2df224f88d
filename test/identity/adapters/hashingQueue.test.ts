import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type HashPurpose, hashingQueue } from '../../../subgraphs/identity/adapters/hashingQueue.js';

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
    const all = Array.from({ length: 20 }, () => queue.run('LOG_IN', work).catch((error: unknown) => error));
    open();
    const outcomes = await Promise.all(all);
    const done = outcomes.filter((outcome) => outcome === 'done');
    expect(most).toBeLessThanOrEqual(availableParallelism());
    expect(done).toHaveLength(most + 2);
    const refused = outcomes.find((outcome) => outcome !== 'done');
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', extensions: { retryAfterSeconds: 1 } });
    await expect(queue.run('LOG_IN', async () => 'again')).resolves.toBe('again');
  });

  it('lets fewer wait where hashes take long', async () => {
    const queue = hashingQueue(1_000);
    const slow = () => new Promise<string>((resolve) => setTimeout(() => resolve('done'), 500));
    for (let index = 0; index < 5; index += 1) await queue.run('LOG_IN', slow);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () => queue.run('LOG_IN', slow).catch(() => 'refused')),
    );
    const done = outcomes.filter((outcome) => outcome === 'done').length;
    expect(done).toBeGreaterThan(2);
    expect(done).toBeLessThan(60);
  });

  it('lets registrations wait in a quarter of the places and turns the rest away while log-ins go on', async () => {
    const queue = hashingQueue(16);
    const running = { LOG_IN: 0, REGISTRATION: 0 };
    let registrationsMost = 0;
    const work = (purpose: HashPurpose) =>
      queue.run(purpose, async () => {
        running[purpose] += 1;
        registrationsMost = Math.max(registrationsMost, running.REGISTRATION);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running[purpose] -= 1;
        return purpose;
      });
    const outcomes: unknown[] = [];
    const note = (outcome: unknown): void => void outcomes.push(outcome);
    const flood = Array.from({ length: 100 }, () => work('REGISTRATION').then(note, note));
    await Promise.all([...flood, ...Array.from({ length: 4 }, () => work('LOG_IN').then(note, note))]);
    const refused = outcomes.filter((outcome) => typeof outcome === 'object');
    expect(refused).toHaveLength(100 - 1 - 4);
    expect(refused[0]).toMatchObject({ code: 'RATE_LIMITED', extensions: { retryAfterSeconds: 1 } });
    expect(outcomes.filter((outcome) => outcome === 'LOG_IN')).toHaveLength(4);
    expect(registrationsMost).toBe(1);
    // They take turns: a log-in that came last does not wait for all registrations.
    expect(outcomes.indexOf('LOG_IN')).toBeLessThan(outcomes.lastIndexOf('REGISTRATION'));
  });

  it('gives its place up after a failure', async () => {
    const queue = hashingQueue(1);
    for (let index = 0; index < 10; index += 1) {
      await expect(queue.run('LOG_IN', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    }
    await expect(queue.run('LOG_IN', async () => 'fine')).resolves.toBe('fine');
  });
});
