import { EVERY_SERVICE } from '../../../platform/kernel/services.js';
import { identityLimits } from '../domain/limits.js';
import { scopesOfPerson } from '../domain/scopes.js';
import { absoluteExpiryFrom, idleExpiryFrom, type Session, tokenExpiryFrom } from '../domain/session.js';
import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import type { Ports, Stores } from './ports.js';

/** What opens or renews a session gives to the client. */
export interface OpenSession {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** When the access token ends. */
  readonly expiresAt: Date;
  readonly session: Session;
  readonly user: User;
  readonly scopes: readonly string[];
}

/** Whose session it is, from where, and what a device login adds. */
interface NewSession {
  readonly userId: string;
  readonly call: Call;
  readonly clientName?: string;
  readonly scopes?: readonly string[] | null;
  readonly until?: Date;
}

/** A session of a person who has proven who they are, before it is written. */
export function newSession(ports: Ports, { userId, call, clientName, scopes, until }: NewSession): Session {
  const now = ports.clock.now();
  const absoluteExpiresAt = absoluteExpiryFrom(now, until);
  return {
    id: ports.newId('session'),
    userId,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: idleExpiryFrom(now, absoluteExpiresAt),
    absoluteExpiresAt,
    endedAt: null,
    ipAddress: call.clientIp,
    userAgent: call.userAgent.slice(0, identityLimits.userAgentCharactersMax),
    clientName: clientName ?? null,
    scopes: scopes ?? null,
  };
}

/** Adds the session's next refresh token; the token itself is kept nowhere. */
export async function addRefreshToken(ports: Ports, stores: Stores, sessionId: string): Promise<string> {
  const refreshToken = ports.secrets.newToken('tgr');
  await stores.sessions.addRefreshToken(sessionId, ports.secrets.digest(refreshToken), ports.clock.now());
  return refreshToken;
}

/** Signs the access token of a session: with all of the person's scopes, or with those of them that were asked for. */
export async function signForSession(
  ports: Ports,
  opened: { readonly session: Session; readonly user: User; readonly refreshToken: string },
): Promise<OpenSession> {
  const { session, user } = opened;
  const scopes = scopesOfPerson(user).filter((scope) => session.scopes?.includes(scope) ?? true);
  const expiresAt = tokenExpiryFrom(ports.clock.now(), ports.tokens.lifetimeMs, session.absoluteExpiresAt);
  const accessToken = await ports.tokens.sign({
    subject: user.id,
    audience: EVERY_SERVICE,
    sessionId: session.id,
    scopes,
    act: null,
    clusterIds: null,
    expiresAt,
    restricted: session.scopes !== null,
  });
  return { ...opened, accessToken, expiresAt, scopes };
}
