import { idempotencyScope, requireOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { FeedChange } from '../domain/feed.js';
import { identityLimits } from '../domain/limits.js';
import type { SigningKey } from '../domain/signingKey.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { Ports, Stores } from './ports.js';
import { publishSigningKey } from './publishSigningKey.js';
import { type KeyPolicy, stopKey, turnKeysIn } from './turnSigningKeys.js';

/** Input of `rotateSigningKey`. */
interface RotateSigningKeyInput {
  readonly idempotencyKey: string;
  /** For a key that others may have: the keys before end now, with all that they signed. */
  readonly retirePrevious?: boolean | null | undefined;
}

/**
 * For operators: makes the next signing key now instead of by the schedule. It is published at once and signs five
 * minutes later, so that nobody meets a key that they do not know; the one before is stopped by the schedule once its
 * last token is dead. With `retirePrevious` the fresh key signs at once, the ones before verify nothing from now on,
 * and everybody refreshes their session: for a key that was stolen.
 * Refusals: IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN.
 */
export const rotateSigningKey =
  (ports: Ports, policy: KeyPolicy) =>
  async (input: RotateSigningKeyInput, call: Call): Promise<Result<SigningKey, Refusal>> => {
    const operator = requireOperator(requireInPerson(call.viewer));
    const withDefaults = { ...input, retirePrevious: input.retirePrevious ?? false };
    const now = ports.clock.now();
    await faultpoint('identity.rotateSigningKey.beforeCommit');
    const rotated = await ports.database.transaction((stores) =>
      stores.once<SigningKey>(
        {
          scope: idempotencyScope(operator),
          key: input.idempotencyKey,
          operation: 'rotateSigningKey',
          input: withDefaults,
        },
        async () =>
          ok(await rotateIn(ports, stores, { policy, now, call, retirePrevious: withDefaults.retirePrevious })),
        {
          save: ({ kid }) => kid,
          async load(kid) {
            const found = await stores.signingKeys.find(String(kid));
            if (found === null) throw notFound('signing key');
            return found;
          },
        },
      ),
    );
    await faultpoint('identity.rotateSigningKey.afterCommit');
    if (!rotated.ok) return rotated;
    ports.keyRing.forget();
    await ports.feedNews();
    return rotated;
  };

async function rotateIn(
  ports: Ports,
  stores: Stores,
  options: { readonly policy: KeyPolicy; readonly now: Date; readonly call: Call; readonly retirePrevious: boolean },
): Promise<SigningKey> {
  const { policy, now, call, retirePrevious } = options;
  await stores.signingKeys.lock();
  const before = await stores.signingKeys.verifying();
  const signsFrom = retirePrevious ? now : new Date(now.getTime() + identityLimits.signingKeyAheadMs);
  const { key, change } = await publishSigningKey(ports, stores, { policy, now, signsFrom });
  const changes: FeedChange[] = [change];
  // Those that verify mandates alone too: their private halves are gone here, but not from where they were copied to.
  for (const { kid } of retirePrevious ? before : []) {
    changes.push(await stopKey(stores, kid, { mandatesUntil: null, now }));
  }
  changes.push(...(await turnKeysIn(ports, stores, policy, now)));
  const entry = { action: 'rotateSigningKey', target: key.kid, outcome: 'OK', detail: { retirePrevious } };
  await stores.audit.write(auditEntry(call, entry));
  await stores.feed.append(changes, now);
  return key;
}
