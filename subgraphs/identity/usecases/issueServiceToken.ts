import { faultpoint } from '../../../platform/faultpoint.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { EVERY_SERVICE } from '../../../platform/kernel/services.js';
import { identityLimits } from '../domain/limits.js';
import { narrowScopes } from '../domain/scopes.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import { secretLimits } from '../domain/throttle.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';
import { countOrRefuse } from './throttling.js';

/** A service account's credentials and what it wants. */
interface IssueServiceTokenInput {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Absent: all it has. */
  readonly scopes?: readonly string[] | null | undefined;
}

/** A service account's token. */
interface ServiceToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly scopes: readonly string[];
}

/**
 * Gives a service account an access token, bound to its clusters; there is no refresh token, as the secret stays.
 * Refusals: INVALID_CREDENTIALS (unknown, wrong or disabled: the same work), SCOPE_EXCEEDED.
 * Faults: RATE_LIMITED in place of INVALID_CREDENTIALS after too many failures. A right secret is taken whatever failed
 * before it: nobody guesses 256 random bits, so that throttling would only lock the account's owner out.
 */
export const issueServiceToken =
  (ports: Ports) =>
  async (input: IssueServiceTokenInput, call: Call): Promise<Result<ServiceToken, Refusal>> => {
    const now = ports.clock.now();
    const authenticated = await authenticate(ports, input, now);
    if (authenticated === null) {
      // Counted so that a flood of wrong ones does not fill the trail.
      const account = Buffer.from(ports.secrets.digest(input.clientId)).toString('base64url');
      await countOrRefuse(ports.database.failures, secretLimits(account, call.clientIp), now);
      return err(refused('INVALID_CREDENTIALS', 'clientId or clientSecret is wrong, or the account is disabled.'));
    }
    const { serviceAccount, secretNumber } = authenticated;
    const scopes = narrowScopes(input.scopes ?? serviceAccount.scopes, serviceAccount.scopes);
    if (scopes === null) {
      return err(refused('SCOPE_EXCEEDED', `This service account has only: ${serviceAccount.scopes.join(' ')}.`));
    }
    const expiresAt = new Date(now.getTime() + ports.tokens.lifetimeMs);
    const accessToken = await ports.tokens.sign({
      subject: serviceAccount.id,
      audience: EVERY_SERVICE,
      sessionId: null,
      scopes,
      act: null,
      clusterIds: serviceAccount.clusterIds,
      expiresAt,
    });
    const entry = { action: 'issueServiceToken', target: serviceAccount.id, actor: serviceAccount.id, outcome: 'OK' };
    await ports.database.transaction(async (stores) => {
      await stores.serviceAccounts.noteUse(serviceAccount.id, secretNumber, now);
      await stores.audit.write(auditEntry(call, entry));
    });
    await faultpoint('identity.issueServiceToken.afterCommit');
    return ok({ accessToken, expiresAt, scopes });
  };

/** The account whose live secret this is, and which of its secrets; null where anything is wrong. */
async function authenticate(
  ports: Ports,
  input: IssueServiceTokenInput,
  now: Date,
): Promise<{ readonly serviceAccount: ServiceAccount; readonly secretNumber: number } | null> {
  const { serviceAccounts } = ports.database;
  const id = isId('serviceAccount', input.clientId) ? input.clientId : null;
  const serviceAccount = id === null ? null : await serviceAccounts.find(id);
  const secrets = id === null ? [] : await serviceAccounts.liveSecrets(id, now);
  const shown = ports.secrets.digest(input.clientSecret.slice(0, identityLimits.opaqueTokenCharactersMax));
  const used = secrets.find(({ secretHash }) => ports.secrets.equals(shown, secretHash));
  if (serviceAccount === null || serviceAccount.disabledAt !== null || used === undefined) return null;
  return { serviceAccount, secretNumber: used.number };
}
