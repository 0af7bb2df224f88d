import type { Viewer } from '../../../platform/auth/viewer.js';
import { type DeviceLogin, shownState } from '../domain/deviceLogin.js';
import type { Mandate } from '../domain/mandate.js';
import type { Session } from '../domain/session.js';
import type { User, UserStatus } from '../domain/user.js';
import type { OpenSession } from './openSession.js';
import { seesOwn, seesPrivate } from './visibility.js';

/** A person as one viewer sees them: strangers see who it is, not what is theirs. */
export interface UserView {
  readonly id: string;
  readonly username: string | null;
  readonly displayName: string | null;
  /** Null for strangers. */
  readonly own: {
    readonly status: UserStatus;
    readonly createdAt: Date;
    readonly origin: 'LOCAL' | 'DIRECTORY';
    readonly operator: boolean;
  } | null;
  /** Null for strangers, and for the person's own keys and narrowed tokens; so are their sessions, keys and invitations. */
  readonly private: { readonly email: string | null } | null;
}

/** A mandate; its token is given to who issues it. */
export interface MandateView extends Mandate {
  readonly token: string | null;
}

/** A session, and whether the request belongs to it. */
export interface SessionView extends Session {
  readonly current: boolean;
}

/** A device login as it is shown. */
export interface DeviceLoginView extends DeviceLogin {
  readonly status: ReturnType<typeof shownState>;
}

/** The caller, as the token says: nothing of it is read before it is asked for. */
export interface ViewerView {
  readonly userId: string | null;
  readonly serviceAccountId: string | null;
  readonly sessionId: string | null;
  readonly scopes: readonly string[];
  /** Known already where the session was just opened; its holder is not the viewer of this call yet. */
  readonly opened: { readonly user: UserView; readonly session: SessionView } | null;
}

/** A person seen with all that is theirs, as they and operators see them. */
export const wholeUser = ({ id, username, displayName, ...user }: User): UserView => ({
  id,
  username,
  displayName,
  own: {
    status: user.status,
    createdAt: user.createdAt,
    origin: user.directoryId === null ? 'LOCAL' : 'DIRECTORY',
    operator: user.operator,
  },
  private: { email: user.email },
});

/** A person as the viewer may see them. Nobody but they and operators sees one who has not confirmed the factor: null. */
export function viewUser(viewer: Viewer, user: User): UserView | null {
  if (seesPrivate(viewer, user.id)) return wholeUser(user);
  if (seesOwn(viewer, user.id)) return { ...wholeUser(user), private: null };
  if (viewer.kind === 'anonymous' || user.status === 'PENDING') return null;
  return { ...wholeUser(user), own: null, private: null };
}

/** A session as its person sees it. */
export const viewSession = (viewer: Viewer, session: Session): SessionView => ({
  ...session,
  // An ended session does not expire later any more.
  expiresAt: session.endedAt ?? session.expiresAt,
  current: viewer.kind === 'person' && viewer.sessionId === session.id,
});

/** What the holder of a session that was just opened or renewed sees: it is the session of their next call. */
export function viewOfOpened({ user, session, scopes }: OpenSession): ViewerView {
  const opened = { user: wholeUser(user), session: sessionOfOpened(session) };
  return { userId: user.id, serviceAccountId: null, sessionId: session.id, scopes, opened };
}

/** A session as the holder of its tokens will see it. */
export const sessionOfOpened = (session: Session): SessionView => ({ ...session, current: true });

/** A device login as who decides it sees it. */
export const viewDeviceLogin = (login: DeviceLogin, now: Date): DeviceLoginView => ({
  ...login,
  status: shownState(login, now),
});

/** What the holder of a session gets that was just renewed, or opened by a device login. */
export function viewOfRenewed(opened: OpenSession) {
  const { accessToken, refreshToken, expiresAt } = opened;
  return { accessToken, refreshToken, expiresAt, session: sessionOfOpened(opened.session) };
}
