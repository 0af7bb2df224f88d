import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { EVERY_SERVICE } from '../../../platform/kernel/services.js';
import { identityLimits } from '../domain/limits.js';
import { isAccessKey, isKeyLive, type PersonalAccessKey } from '../domain/personalAccessKey.js';
import { narrowScopes, scopesOfKeys } from '../domain/scopes.js';
import { tokenExpiryFrom } from '../domain/session.js';
import { secretLimits } from '../domain/throttle.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';
import { countOrRefuse } from './throttling.js';

/** A key, and what is wanted of it. */
interface ExchangePersonalAccessKeyInput {
  readonly secret: string;
  /** Absent: all that the key has. */
  readonly scopes?: readonly string[] | null | undefined;
}

/** A token of the key's person. */
interface KeyToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly scopes: readonly string[];
}

/**
 * Gives an access token for a personal access key: it speaks for the person within the key's scopes, never with an
 * operator's rights, ends with the key (`sid` is the key's id), and is not renewed: the key gets the next one.
 * Refusals: INVALID_ACCESS_KEY (unknown, revoked, expired, or the person is not ACTIVE), SCOPE_EXCEEDED.
 * Faults: RATE_LIMITED in place of INVALID_ACCESS_KEY after too many wrong ones from one network.
 */
export const exchangePersonalAccessKey =
  (ports: Ports) =>
  async (input: ExchangePersonalAccessKeyInput, call: Call): Promise<Result<KeyToken, Refusal>> => {
    const now = ports.clock.now();
    const found = await recognise(ports, input.secret, now);
    if (found === null) {
      // Counted so that a flood of wrong ones does not fill the trail; a right one is taken whatever failed before it.
      await countOrRefuse(ports.database.failures, secretLimits('personal access key', call.clientIp), now);
      return err(
        refused('INVALID_ACCESS_KEY', 'The personal access key is unknown, revoked or expired. Make another.'),
      );
    }
    const { key, user } = found;
    // What the person may not do any more the key may not either.
    const possible = scopesOfKeys(user);
    const held = key.scopes.filter((scope) => possible.includes(scope));
    const scopes = narrowScopes(input.scopes ?? held, held);
    if (scopes === null) return err(refused('SCOPE_EXCEEDED', `This key has only: ${held.join(' ')}.`));
    const expiresAt = tokenExpiryFrom(now, ports.tokens.lifetimeMs, key.expiresAt);
    const accessToken = await ports.tokens.sign({
      subject: user.id,
      audience: EVERY_SERVICE,
      sessionId: key.id,
      scopes,
      act: null,
      clusterIds: null,
      restricted: true,
      expiresAt,
    });
    const entry = { action: 'exchangePersonalAccessKey', target: key.id, actor: user.id, outcome: 'OK' };
    const isStillLive = await ports.database.transaction(async (stores) => {
      if (!(await stores.personalAccessKeys.noteUse(key.id, now))) return false;
      await stores.audit.write(auditEntry(call, entry));
      return true;
    });
    if (!isStillLive) {
      return err(refused('INVALID_ACCESS_KEY', 'The personal access key was revoked. Make another.'));
    }
    await faultpoint('identity.exchangePersonalAccessKey.afterCommit');
    return ok({ accessToken, expiresAt, scopes });
  };

/** The live key of an ACTIVE person that this is, or null. A text without the right checksum is not looked for. */
async function recognise(
  ports: Ports,
  secret: string,
  now: Date,
): Promise<{ readonly key: PersonalAccessKey; readonly user: User } | null> {
  if (secret.length > identityLimits.opaqueTokenCharactersMax || !isAccessKey(secret)) return null;
  const key = await ports.database.personalAccessKeys.findBySecret(ports.secrets.digest(secret));
  if (key === null || !isKeyLive(key, now)) return null;
  const user = await ports.database.users.find(key.userId);
  return user?.status === 'ACTIVE' ? { key, user } : null;
}
