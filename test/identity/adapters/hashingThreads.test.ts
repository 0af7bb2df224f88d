import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HashingThreads, hashingThreads } from '../../../subgraphs/identity/adapters/hashingThreads.js';

const PARAMETERS = { algorithm: 2, memoryCost: 1_024, timeCost: 1, parallelism: 1 } as const;

let threads: HashingThreads;
beforeEach(() => {
  threads = hashingThreads();
});
afterEach(() => threads.close());

/** How far below the rest this process' threads stand, as the kernel says. */
const nicenesses = (): number[] =>
  readdirSync('/proc/self/task').map((tid) => {
    const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'utf8');
    // The 19th field, counted from the state behind the name in parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
const lowered = (): number => nicenesses().filter((niceness) => niceness === 10).length;

describe('hashing threads', () => {
  it('hash side by side, and use a thread that is free again', async () => {
    const hashes = await Promise.all(['one', 'two', 'three'].map((password) => threads.hash(password, PARAMETERS)));
    expect(await Promise.all(hashes.map((hash) => threads.verify(hash, 'two')))).toEqual([false, true, false]);
  });

  it.runIf(process.platform === 'linux')('have less priority than what answers, and are gone when ended', async () => {
    const before = lowered();
    expect(before).toBeLessThan(nicenesses().length);
    await Promise.all([threads.hash('one', PARAMETERS), threads.hash('two', PARAMETERS)]);
    expect(lowered()).toBe(before + 2);
    await threads.verify(await threads.hash('three', PARAMETERS), 'three');
    expect(lowered()).toBe(before + 2);
    await threads.close();
    expect(lowered()).toBe(before);
  });

  it('tell what is no hash, and go on', async () => {
    await expect(threads.verify('not a hash', 'password')).rejects.toThrow();
    expect(await threads.verify(await threads.hash('password', PARAMETERS), 'password')).toBe(true);
  });
});
