import type { FeedChange } from '../domain/feed.js';
import type { SigningKey } from '../domain/signingKey.js';
import type { Ports, Stores } from './ports.js';
import { signingKeyPurpose } from './purposes.js';
import type { KeyPolicy } from './turnSigningKeys.js';

/** A key that was made, and its row of the feed: the caller appends it last. */
interface PublishedKey {
  readonly key: SigningKey;
  readonly change: FeedChange;
}

/** Makes the next signing key. It is published at once and signs from the time that is named. */
export async function publishSigningKey(
  ports: Pick<Ports, 'newSigningKeyPair' | 'sealer'>,
  stores: Pick<Stores, 'signingKeys'>,
  {
    policy,
    now,
    signsFrom,
  }: {
    readonly policy: Pick<KeyPolicy, 'tokenAlgorithm' | 'tokenLifetimeMs'>;
    readonly now: Date;
    readonly signsFrom: Date;
  },
): Promise<PublishedKey> {
  const { tokenAlgorithm: algorithm, tokenLifetimeMs } = policy;
  const { kid, publicJwk, privateJwk } = await ports.newSigningKeyPair(algorithm);
  const sealed = ports.sealer.seal(privateJwk, signingKeyPurpose(kid));
  const times = { createdAt: now, signsFrom, mandatesUntil: null, retiredAt: null };
  const key: SigningKey = { kid, algorithm, tokenLifetimeMs, state: 'PUBLISHED', ...times };
  await stores.signingKeys.insert({ ...key, publicJwk, privateJwk: sealed });
  return { key, change: { kind: 'KEY', subject: kid, state: 'PUBLISHED', data: publicJwk } };
}
