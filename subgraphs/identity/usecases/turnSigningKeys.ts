import { faultpoint } from '../../../platform/faultpoint.js';
import type { SignatureAlgorithm } from '../../../platform/kernel/signatureAlgorithms.js';
import type { FeedChange } from '../domain/feed.js';
import { identityLimits } from '../domain/limits.js';
import { type KeyStep, stepsAhead } from '../domain/signingKey.js';
import type { Ports, Stores } from './ports.js';
import { publishSigningKey } from './publishSigningKey.js';

/** What keys sign, how long, and with what. */
export interface KeyPolicy {
  readonly signingKeyRotationMs: number;
  readonly tokenAlgorithm: SignatureAlgorithm;
  readonly tokenLifetimeMs: number;
}

/**
 * The durable task that rotates the signing keys by their schedule: publishes the next, stops those whose tokens are
 * dead, retires those whose mandates are over, and says when to look again. It finds out for itself what is due, so that
 * it may run twice, late, or beside a command.
 */
export const turnSigningKeys = (ports: Ports, policy: KeyPolicy) => async (): Promise<void> => {
  const now = ports.clock.now();
  const changed = await ports.database.transaction(async (stores) => {
    await stores.signingKeys.lock();
    const changes = await turnKeysIn(ports, stores, policy, now);
    await stores.feed.append(changes, now);
    return changes.length > 0;
  });
  await faultpoint('identity.turnSigningKeys.afterCommit');
  if (!changed) return;
  ports.keyRing.forget();
  await ports.feedNews();
};

/** Does what is due, under the keys' lock, and plans the next look; returns the rows for the feed. */
export async function turnKeysIn(
  ports: Ports,
  stores: Stores,
  policy: KeyPolicy,
  now: Date,
): Promise<readonly FeedChange[]> {
  const changes: FeedChange[] = [];
  for (const step of stepsAhead(await stores.signingKeys.verifying(), policy.signingKeyRotationMs)) {
    if (step.at > now) break;
    const change = await take(ports, stores, { step, policy, now });
    changes.push(change);
    const entry = { actor: 'service:identity', target: change.subject, outcome: 'OK', requestId: 'task', clientIp: '' };
    await stores.audit.write({ ...entry, action: 'turnSigningKeys', detail: { state: change.state } });
  }
  const [next] = stepsAhead(await stores.signingKeys.verifying(), policy.signingKeyRotationMs);
  if (next !== undefined) await stores.keySchedule.lookAgainAt(next.at);
  return changes;
}

async function take(
  ports: Ports,
  stores: Stores,
  { step, policy, now }: { readonly step: KeyStep; readonly policy: KeyPolicy; readonly now: Date },
): Promise<FeedChange> {
  if (step.kind === 'PUBLISH_NEXT') {
    const signsFrom = new Date(now.getTime() + identityLimits.signingKeyAheadMs);
    return (await publishSigningKey(ports, stores, { policy, now, signsFrom })).change;
  }
  // Whatever the key signed was there when it stopped signing, so that the last of what is there now is the last of its own.
  const mandatesUntil = step.kind === 'STOP' ? await stores.mandates.lastExpiry(now) : null;
  return stopKey(stores, step.kid, { mandatesUntil, now });
}

/** Ends what a key verifies, but for the mandates until the given time; returns the row for the feed. */
export async function stopKey(
  stores: Stores,
  kid: string,
  { mandatesUntil, now }: { readonly mandatesUntil: Date | null; readonly now: Date },
): Promise<FeedChange> {
  const state = mandatesUntil === null ? 'RETIRED' : 'MANDATES';
  const key = (await stores.signingKeys.verifying()).find((candidate) => candidate.kid === kid);
  await stores.signingKeys.stop(kid, mandatesUntil, now);
  return { kind: 'KEY', subject: kid, state, data: state === 'MANDATES' ? { ...key?.publicJwk } : {} };
}
