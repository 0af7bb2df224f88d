import type { FeedChange } from '../domain/feed.js';
import type { Ports, Stores } from './ports.js';
import { publishSigningKey } from './publishSigningKey.js';
import { stopKey } from './turnSigningKeys.js';

type LogInPorts = Pick<Ports, 'database' | 'clock' | 'newSigningKeyPair' | 'sealer'>;

/** Sessions of a whole installation, in one transaction. */
const TIMEOUT_MS = 120_000;

/**
 * After a restore: ends every log-in that the backup remembers, since what ended it after the backup's point is not known any
 * more. A fresh key signs from now on and those before verify mandates alone, so that no access token from before counts either,
 * whichever session it is of. Passwords, factors, personal access keys and secrets of programs are those of the point.
 * @returns how many sessions were ended; null where identity never started on the database
 */
export async function endAllLogIns(ports: LogInPorts): Promise<number | null> {
  const now = ports.clock.now();
  return ports.database.transaction(
    async (stores) => {
      await stores.signingKeys.lock();
      const keys = await replaceKeys(ports, stores, now);
      if (keys === null) return null;
      await stores.deviceLogins.denyUnredeemed(now);
      const ended = await stores.sessions.endAll('REVOKED', now);
      await stores.audit.write({
        actor: 'service:identity',
        action: 'restore',
        target: 'service:identity',
        outcome: 'OK',
        requestId: 'restore',
        clientIp: '',
        detail: { ended: ended.length },
      });
      const sessions = ended.map((subject): FeedChange => ({ kind: 'SESSION', subject, state: 'REVOKED', data: {} }));
      await stores.feed.append([...keys, ...sessions], now);
      return ended.length;
    },
    { timeoutMs: TIMEOUT_MS },
  );
}

/** The feed's rows; null where there was no key. */
async function replaceKeys(ports: LogInPorts, stores: Stores, now: Date): Promise<readonly FeedChange[] | null> {
  const before = (await stores.signingKeys.verifying()).filter(({ state }) => state === 'PUBLISHED');
  const [first, ...others] = before;
  if (first === undefined) return null;
  // What is configured is not known here: the next start makes a key of it where it is another.
  const last = others.reduce((newest, key) => (key.signsFrom > newest.signsFrom ? key : newest), first);
  const policy = { tokenAlgorithm: last.algorithm, tokenLifetimeMs: last.tokenLifetimeMs };
  const { change } = await publishSigningKey(ports, stores, { policy, now, signsFrom: now });
  const mandatesUntil = await stores.mandates.lastExpiry(now);
  const changes = [change];
  for (const { kid } of before) changes.push(await stopKey(stores, kid, { mandatesUntil, now }));
  return changes;
}
