import { idempotencyScope } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { identityLimits } from '../domain/limits.js';
import { isKeyExpiry, type PersonalAccessKey } from '../domain/personalAccessKey.js';
import { narrowScopes, scopesOfKeys } from '../domain/scopes.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { Ports, Stores } from './ports.js';
import { readStepUp, type StepUpProof } from './stepUp.js';

/** Input of `createPersonalAccessKey`. */
interface CreatePersonalAccessKeyInput extends StepUpProof {
  readonly idempotencyKey: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
}

/** A key with its secret, which is shown once: null in a replay. */
interface ShownKey {
  readonly personalAccessKey: PersonalAccessKey;
  readonly secret: string | null;
}

/**
 * Makes a key for a program of the viewer's own, after they have shown password and code once more.
 * Refusals, in this order: INVALID_CREDENTIALS (counted and audited here), INVALID_INPUT (name, a scope that no key can
 * have or the person has not, expiresAt), LIMIT_EXCEEDED (50 live keys), IDEMPOTENCY_KEY_REUSED. Neither password nor
 * code belongs to what a repetition is compared by: the first is nobody's to keep, the second is another each time.
 * Faults: UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED.
 */
export const createPersonalAccessKey =
  (ports: Ports) =>
  async (input: CreatePersonalAccessKeyInput, call: Call): Promise<Result<ShownKey, Refusal>> => {
    const action = 'createPersonalAccessKey';
    const person = requireInPerson(call.viewer);
    const { idempotencyKey, name, scopes, expiresAt, ...proof } = input;
    const wish = { name, scopes, expiresAt };
    const stepUp = await readStepUp(ports, person, proof, { action, call });
    if (!stepUp.looksRight) {
      // Apart from the idempotency key: each repetition with a wrong proof is counted, and none is what the key stands for.
      await ports.database.transaction((stores) => stepUp.judge(stores));
      return err(await stepUp.answer());
    }
    let isProven = true;
    await faultpoint('identity.createPersonalAccessKey.beforeCommit');
    const created = await ports.database.transaction((stores) =>
      stores.once<ShownKey>(
        { scope: idempotencyScope(person), key: idempotencyKey, operation: action, input: wish },
        async () => {
          const proven = await stepUp.judge(stores);
          isProven = proven !== null;
          if (proven === null) return err(stepUp.refusal);
          const made = await makeKey(ports, stores, { user: proven.user, held: person.scopes, wish });
          const target = made.ok ? made.value.personalAccessKey.id : null;
          const outcome = made.ok ? 'OK' : made.refusal.code;
          await stores.audit.write(
            auditEntry(call, { action, target, outcome, detail: { scopes: scopes.join(' ').slice(0, 500) } }),
          );
          return made;
        },
        {
          save: ({ personalAccessKey }) => personalAccessKey.id,
          async load(id) {
            const found = await stores.personalAccessKeys.find(String(id));
            if (found === null) throw notFound('personal access key');
            return { personalAccessKey: found, secret: null };
          },
        },
      ),
    );
    await faultpoint('identity.createPersonalAccessKey.afterCommit');
    return isProven ? created : err(await stepUp.answer());
  };

async function makeKey(
  ports: Ports,
  stores: Stores,
  {
    user,
    held,
    wish,
  }: {
    readonly user: User;
    readonly held: ReadonlySet<string>;
    readonly wish: Pick<CreatePersonalAccessKeyInput, 'name' | 'scopes' | 'expiresAt'>;
  },
): Promise<Result<ShownKey, Refusal>> {
  const now = ports.clock.now();
  const name = parseLine(wish.name, ['name']);
  if (!name.ok) return name;
  const possible = scopesOfKeys(user).filter((scope) => held.has(scope));
  const scopes = wish.scopes.length > identityLimits.scopesMax ? null : narrowScopes(wish.scopes, possible);
  if (scopes === null) return err(invalidInput(['scopes'], `scopes are some of: ${possible.join(' ')}.`));
  if (!isKeyExpiry(wish.expiresAt, now)) {
    return err(invalidInput(['expiresAt'], 'expiresAt must be in the future, at most 366 days ahead.'));
  }
  const max = identityLimits.accessKeysMax;
  // The factor that was just used up is locked with its person, so that two cannot count at the same time.
  if ((await stores.personalAccessKeys.countLive(user.id, now)) >= max) {
    const message = `You have ${max} keys that are in use. Revoke one first.`;
    return err({ type: 'LimitExceeded', code: 'LIMIT_EXCEEDED', message, limit: 'personalAccessKeys' });
  }
  const secret = ports.secrets.newAccessKey();
  const personalAccessKey: PersonalAccessKey = {
    id: ports.newId('personalAccessKey'),
    userId: user.id,
    name: name.value,
    scopes,
    createdAt: now,
    expiresAt: wish.expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  };
  await stores.personalAccessKeys.insert(personalAccessKey, ports.secrets.digest(secret));
  return ok({ personalAccessKey, secret });
}
