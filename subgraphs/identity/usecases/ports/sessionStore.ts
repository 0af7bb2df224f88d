import type { Session, SessionEnd } from '../../domain/session.js';
import type { User } from '../../domain/user.js';

/** What became of a refresh token that was shown. */
export type RefreshTokenUse =
  | { readonly kind: 'FIRST'; readonly sessionId: string }
  | { readonly kind: 'REUSED'; readonly sessionId: string }
  | { readonly kind: 'UNKNOWN' };

/** Sessions and their refresh tokens. */
export interface SessionStore {
  insert(session: Session): Promise<void>;
  find(id: string): Promise<Session | null>;
  /** Whose refresh token this is; null where it is unknown or spent. */
  ownerOfUnspent(tokenHash: Uint8Array): Promise<User | null>;
  /** Moves the expiry of a live session of an ACTIVE person; null where it is not live. */
  touch(id: string, now: Date): Promise<{ readonly session: Session; readonly user: User } | null>;
  /** Ends a session; false where it had ended before. */
  end(id: string, reason: SessionEnd, now: Date): Promise<boolean>;
  /** Ends all live sessions of a person but one; returns those that were ended now. */
  endAllOf(userId: string, reason: SessionEnd, now: Date, exceptId?: string): Promise<readonly string[]>;
  /** Ends all live sessions of everybody; returns those that were ended now. */
  endAll(reason: SessionEnd, now: Date): Promise<readonly string[]>;
  addRefreshToken(sessionId: string, tokenHash: Uint8Array, now: Date): Promise<void>;
  /** Spends a refresh token: one statement, so that of parallel uses one is the first. */
  useRefreshToken(tokenHash: Uint8Array, now: Date): Promise<RefreshTokenUse>;
}
