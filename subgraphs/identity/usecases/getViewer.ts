import type { Viewer } from '../../../platform/auth/viewer.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import type { ReadCall } from './call.js';
import { type SessionView, type UserView, type ViewerView, viewSession, viewUser } from './views.js';

/** Who is asking, as the token says; null without a token. */
export function getViewer({ viewer }: { readonly viewer: Viewer }): ViewerView | null {
  if (viewer.kind === 'person') {
    const { userId, sessionId, scopes } = viewer;
    return { userId, serviceAccountId: null, sessionId, scopes: [...scopes], opened: null };
  }
  if (viewer.kind === 'serviceAccount') {
    const { serviceAccountId, scopes } = viewer;
    return { userId: null, serviceAccountId, sessionId: null, scopes: [...scopes], opened: null };
  }
  return null;
}

/**
 * The person who asks.
 * @param options.idAlone nothing but the id is wanted, which the token says: nothing is read then. It is what every query
 * across services begins with.
 */
export function getViewerUser(
  { viewer, loaders }: ReadCall,
  { userId, opened }: ViewerView,
  { idAlone }: { readonly idAlone: boolean },
): UserView | null | Promise<UserView | null> {
  if (opened !== null) return opened.user;
  if (userId === null) return null;
  if (idAlone) return { id: userId, username: null, displayName: null, own: null, private: null };
  return loaders.userById.load(userId).then((user) => (user === null ? null : viewUser(viewer, user)));
}

/** The session of the call. */
export async function getViewerSession(
  { viewer, loaders }: ReadCall,
  { sessionId, opened }: ViewerView,
): Promise<SessionView | null> {
  if (opened !== null) return opened.session;
  const session = sessionId === null ? null : await loaders.sessionById.load(sessionId);
  return session === null ? null : viewSession(viewer, session);
}

/** The program that asks. */
export const getViewerServiceAccount = async (
  { loaders }: ReadCall,
  { serviceAccountId }: ViewerView,
): Promise<ServiceAccount | null> =>
  serviceAccountId === null ? null : loaders.serviceAccountById.load(serviceAccountId);
