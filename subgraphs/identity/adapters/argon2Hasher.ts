import type { PasswordHasher } from '../usecases/ports.js';
import { type HashingQueue, hashingQueue } from './hashingQueue.js';
import { hashingThreads } from './hashingThreads.js';

/** argon2id with 19 MiB, two passes, one lane (OWASP's first choice): never the library's default, which may change. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A hasher with threads of its own. */
interface Argon2Hasher extends PasswordHasher {
  /** Ends its threads. */
  close(): Promise<void>;
}

/**
 * Hashes passwords off the main thread, behind a bounded queue. `verify` without a hash compares with a decoy of the same
 * parameters, so that a name that nobody has costs the same as one that somebody has.
 */
export async function argon2Hasher(queue: HashingQueue = hashingQueue()): Promise<Argon2Hasher> {
  const threads = hashingThreads();
  const decoy = await queue.run('LOG_IN', () => threads.hash('the password of nobody', PARAMETERS));
  return {
    hash: (password, purpose = 'REGISTRATION') => queue.run(purpose, () => threads.hash(password, PARAMETERS)),
    verify: (passwordHash, password) =>
      queue.run('LOG_IN', async () => (await threads.verify(passwordHash ?? decoy, password)) && passwordHash !== null),
    close: () => threads.close(),
  };
}
