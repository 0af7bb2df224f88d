import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from '../domain/limits.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { endSession } from './endSession.js';
import { addRefreshToken, type OpenSession, signForSession } from './openSession.js';
import type { Ports, Stores } from './ports.js';

/** The token that logIn or refreshSession gave last. */
interface RefreshSessionInput {
  readonly refreshToken: string;
}

/**
 * Exchanges a refresh token for its successor and a fresh access token. A token that was used before ends its session
 * at once, without a grace time: of thief and owner one uses it second, and we cannot tell which.
 * Refusal: INVALID_REFRESH_TOKEN (unknown, used before, expired, or its session or person is gone).
 */
export const refreshSession =
  (ports: Ports) =>
  async (input: RefreshSessionInput, call: Call): Promise<Result<OpenSession, Refusal>> => {
    const now = ports.clock.now();
    const tokenHash = ports.secrets.digest(input.refreshToken.slice(0, identityLimits.opaqueTokenCharactersMax));
    await faultpoint('identity.refreshSession.beforeCommit');
    const outcome = await ports.database.transaction(async (stores) => {
      const use = await stores.sessions.useRefreshToken(tokenHash, now);
      if (use.kind === 'UNKNOWN') return refuse(stores, call, null);
      if (use.kind === 'REUSED') return endFamily(stores, call, use.sessionId, now);
      const live = await stores.sessions.touch(use.sessionId, now);
      if (live === null) return refuse(stores, call, use.sessionId);
      const refreshToken = await addRefreshToken(ports, stores, use.sessionId);
      const entry = { action: 'refreshSession', target: use.sessionId, actor: live.user.id, outcome: 'OK' };
      await stores.audit.write(auditEntry(call, entry));
      return { opened: { ...live, refreshToken } };
    });
    if (outcome.opened === null) {
      if (outcome.familyEnded) await ports.feedNews();
      return err(invalid);
    }
    await faultpoint('identity.refreshSession.afterCommit');
    return ok(await signForSession(ports, outcome.opened));
  };

const invalid = refused('INVALID_REFRESH_TOKEN', 'The refresh token is unknown, used before or expired. Log in again.');

async function refuse(stores: Stores, call: Call, sessionId: string | null) {
  const entry = { action: 'refreshSession', target: sessionId, outcome: invalid.code };
  await stores.audit.write(auditEntry(call, entry));
  return { opened: null, familyEnded: false } as const;
}

async function endFamily(stores: Stores, call: Call, sessionId: string, now: Date) {
  const session = await stores.sessions.find(sessionId);
  const ended = session !== null && (await endSession(stores, session, { reason: 'REFRESH_TOKEN_REUSED', now }));
  const entry = { action: 'refreshSession', target: sessionId, outcome: invalid.code, detail: { familyEnded: ended } };
  await stores.audit.write(auditEntry(call, entry));
  if (ended) await stores.feed.append([{ kind: 'SESSION', subject: sessionId, state: 'REVOKED', data: {} }], now);
  return { opened: null, familyEnded: ended } as const;
}
