import { identityLimits } from './limits.js';

/** Why a session ended before its time. */
export type SessionEnd = 'LOGGED_OUT' | 'REVOKED' | 'REFRESH_TOKEN_REUSED' | 'CREDENTIALS_REPLACED' | 'USER_DISABLED';

/** One log-in of a person. It is live until `expiresAt` unless it has ended. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** When it ends if it is not refreshed; never later than absoluteExpiresAt. */
  readonly expiresAt: Date;
  readonly absoluteExpiresAt: Date;
  readonly endedAt: Date | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  /** What the client called itself at a device login. */
  readonly clientName: string | null;
  /** What its tokens may allow; null: all that the person may. */
  readonly scopes: readonly string[] | null;
}

/** The end of a new session that no refresh can move; never after that of the session that it comes from, if any. */
export function absoluteExpiryFrom(createdAt: Date, bound: Date | null = null): Date {
  const whole = new Date(createdAt.getTime() + identityLimits.sessionAbsoluteMs);
  return bound === null ? whole : earlier(whole, bound);
}

/** When a session that is used now ends if it is not used again. */
export const idleExpiryFrom = (usedAt: Date, absoluteExpiresAt: Date): Date =>
  earlier(new Date(usedAt.getTime() + identityLimits.sessionIdleMs), absoluteExpiresAt);

/** When an access token that is issued now ends; never after what it comes from. @param lifetimeMs as configured */
export const tokenExpiryFrom = (issuedAt: Date, lifetimeMs: number, bound: Date): Date =>
  earlier(new Date(issuedAt.getTime() + lifetimeMs), bound);

/** Whether the session can still be used. */
export const isLive = (session: Session, now: Date): boolean => session.endedAt === null && session.expiresAt > now;

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);
