import { afterEach, describe, expect, it } from 'vitest';
import { argon2Hasher } from '../../../subgraphs/identity/adapters/argon2Hasher.js';
import { hashingQueue } from '../../../subgraphs/identity/adapters/hashingQueue.js';

let hasher: Awaited<ReturnType<typeof argon2Hasher>>;
afterEach(() => hasher.close());

describe('password hashes', () => {
  it('are argon2id with 19 MiB, two passes and one lane, salted', async () => {
    hasher = await argon2Hasher();
    const hash = await hasher.hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.hash('correct horse')).not.toBe(hash);
    expect(await hasher.verify(hash, 'correct horse')).toBe(true);
    expect(await hasher.verify(hash, 'correct horsf')).toBe(false);
  });

  it('see every character of a long password', async () => {
    hasher = await argon2Hasher();
    const hash = await hasher.hash('x'.repeat(1024));
    expect(await hasher.verify(hash, `${'x'.repeat(1023)}y`)).toBe(false);
    expect(await hasher.verify(hash, 'x'.repeat(1024))).toBe(true);
  });

  it('are worked out once on every path, also for nobody', async () => {
    let runs = 0;
    const queue = hashingQueue();
    hasher = await argon2Hasher({
      run(purpose, work) {
        runs += 1;
        return queue.run(purpose, work);
      },
    });
    // The first was the decoy's own.
    const hash = await hasher.hash('correct horse');
    expect(runs).toBe(2);
    expect(await hasher.verify(hash, 'wrong')).toBe(false);
    expect(runs).toBe(3);
    expect(await hasher.verify(null, 'the password of nobody')).toBe(false);
    expect(runs).toBe(4);
  });
});
