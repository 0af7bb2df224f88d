import type { Viewer } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden, unauthenticated } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { EVERY_SERVICE, type ServiceName, subgraphNames } from '../../../platform/kernel/services.js';
import { type AccessClaims, extendAct } from '../domain/accessClaims.js';
import { actingBy, type Exchanger, exchangeableScopes } from '../domain/exchangeRights.js';
import { identityLimits } from '../domain/limits.js';
import { isKeyLive } from '../domain/personalAccessKey.js';
import { narrowScopes } from '../domain/scopes.js';
import { isLive, tokenExpiryFrom } from '../domain/session.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';

/** What to exchange for what. */
interface ExchangeTokenInput {
  readonly subjectToken: string;
  /** The one service that the new token is for. */
  readonly audience: string;
  /** Absent: all that the subject token has and the caller may ask for. */
  readonly scopes?: readonly string[] | undefined;
}

/** The narrower token. */
interface ExchangedToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly scopes: readonly string[];
}

/**
 * Exchanges a person's access token for one that is narrower and for one named service (RFC 8693). Called by a service or a
 * program, the token says that it acts for the person (`act`, after those it was acted through); called by the person,
 * nobody acts. A program gets what it and the person's token both have: whoever gave it the token wanted it to act. It lives no longer than the subject token and ends with its session. What a caller may ask for at all
 * stands in domain/exchangeRights.ts.
 * Refusals, in this order: UNKNOWN_AUDIENCE, AUDIENCE_NOT_ALLOWED, INVALID_SUBJECT_TOKEN (not a person's live token that
 * the caller may use), SCOPE_EXCEEDED. Faults: UNAUTHENTICATED (anonymous), FORBIDDEN (another's token).
 */
export const exchangeToken =
  (ports: Ports) =>
  async (input: ExchangeTokenInput, call: Call): Promise<Result<ExchangedToken, Refusal>> => {
    const exchanger = requireExchanger(call.viewer, call.caller);
    const actor = actingBy(exchanger);
    const audience = subgraphNames.find((name) => name === input.audience);
    if (audience === undefined) {
      return err(refused('UNKNOWN_AUDIENCE', `Tokens are exchanged for one of: ${subgraphNames.join(', ')}.`));
    }
    const allowed = exchangeableScopes(exchanger, audience);
    if (allowed === null) {
      return err(refused('AUDIENCE_NOT_ALLOWED', `${actor ?? 'A person'} may not ask for a token for ${audience}.`));
    }
    const subject = await readSubject(ports, input.subjectToken, actor);
    if (subject === null) {
      return err(
        refused('INVALID_SUBJECT_TOKEN', 'The token to exchange is not a live one of a person. Log in again.'),
      );
    }
    if (call.viewer.kind === 'person' && call.viewer.userId !== subject.subject) {
      throw forbidden('Only the bearer may exchange a token.');
    }
    const held = subject.scopes.filter((scope) => allowed.includes(scope));
    const wanted = input.scopes ?? held;
    const scopes = wanted.length > identityLimits.scopesMax ? null : narrowScopes(wanted, held);
    if (scopes === null) {
      return err(
        refused('SCOPE_EXCEEDED', `At ${audience} this exchange allows only: ${held.join(' ') || 'nothing'}.`),
      );
    }
    const expiresAt = tokenExpiryFrom(ports.clock.now(), ports.tokens.lifetimeMs, subject.expiresAt);
    const act = extendAct(actor, subject.act);
    const restricted = subject.restricted === true || scopes.length < subject.scopes.length;
    const accessToken = await ports.tokens.sign({ ...subject, audience, scopes, act, expiresAt, restricted });
    const detail = { audience, scopes: scopes.join(' '), session: subject.sessionId };
    const entry = { action: 'exchangeToken', target: subject.subject, outcome: 'OK', detail };
    await ports.database.audit.write(auditEntry(call, entry));
    await faultpoint('identity.exchangeToken.afterCommit');
    return ok({ accessToken, expiresAt, scopes });
  };

/** Who will act by the new token. */
function requireExchanger(viewer: Viewer, caller: ServiceName): Exchanger {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (viewer.kind === 'serviceAccount') return { kind: 'PROGRAM', id: viewer.serviceAccountId, scopes: viewer.scopes };
  if (caller !== 'gateway') return { kind: 'SERVICE', name: caller };
  // The gateway has no rights of its own, and an actor's token came through a service.
  if (viewer.kind !== 'person' || viewer.actor !== null) throw forbidden();
  return { kind: 'PERSON' };
}

/** The claims of a person's token that this caller may exchange, where its session is live now; else null. */
async function readSubject(ports: Ports, token: string, actor: string | null): Promise<AccessClaims | null> {
  if (token.length > identityLimits.accessTokenCharactersMax) return null;
  const claims = await ports.tokens.read(token);
  if (claims === null || claims.sessionId === null) return null;
  // A token that was exchanged for one service is exchanged on by that service alone.
  if (claims.audience !== EVERY_SERVICE && claims.audience !== actor) return null;
  if (!(await isOpen(ports, claims.sessionId, claims.subject))) return null;
  const user = await ports.database.users.find(claims.subject);
  return user?.status === 'ACTIVE' ? claims : null;
}

/** Whether what a token came from, a session or a personal access key, is this person's and live now. */
async function isOpen({ database, clock }: Ports, id: string, userId: string): Promise<boolean> {
  const now = clock.now();
  if (isId('personalAccessKey', id)) {
    const key = await database.personalAccessKeys.find(id);
    return key !== null && key.userId === userId && isKeyLive(key, now);
  }
  const session = await database.sessions.find(id);
  return session !== null && session.userId === userId && isLive(session, now);
}
