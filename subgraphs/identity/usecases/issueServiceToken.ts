import { faultpoint } from '../../../platform/faultpoint.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { EVERY_SERVICE } from '../domain/accessClaims.js';
import { identityLimits } from '../domain/limits.js';
import { narrowScopes } from '../domain/scopes.js';
import { secretLimits } from '../domain/throttle.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { ServiceCredentials } from './ports/serviceAccountStore.js';
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
    const serviceAccount = await authenticate(ports, input);
    if (serviceAccount === null) {
      // Counted so that a flood of wrong ones does not fill the trail.
      const account = Buffer.from(ports.secrets.digest(input.clientId)).toString('base64url');
      await countOrRefuse(ports.database.failures, secretLimits(account, call.clientIp), now);
      return err(refused('INVALID_CREDENTIALS', 'clientId or clientSecret is wrong, or the account is disabled.'));
    }
    const scopes = narrowScopes(input.scopes ?? serviceAccount.scopes, serviceAccount.scopes);
    if (scopes === null) {
      return err(refused('SCOPE_EXCEEDED', `This service account has only: ${serviceAccount.scopes.join(' ')}.`));
    }
    const expiresAt = new Date(now.getTime() + identityLimits.accessTokenLifetimeMs);
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
    await ports.database.audit.write(auditEntry(call, entry));
    await faultpoint('identity.issueServiceToken.afterCommit');
    return ok({ accessToken, expiresAt, scopes });
  };

async function authenticate(
  ports: Ports,
  input: IssueServiceTokenInput,
): Promise<ServiceCredentials['serviceAccount'] | null> {
  const credentials = isId('serviceAccount', input.clientId)
    ? await ports.database.serviceAccounts.credentialsOf(input.clientId)
    : null;
  const shown = ports.secrets.digest(input.clientSecret.slice(0, identityLimits.opaqueTokenCharactersMax));
  // Compared with something in any case; a digest never equals one of other bytes.
  const isRight = ports.secrets.equals(shown, credentials?.secretHash ?? ports.secrets.digest(''));
  if (credentials === null || !isRight || credentials.serviceAccount.disabledAt !== null) return null;
  return credentials.serviceAccount;
}
