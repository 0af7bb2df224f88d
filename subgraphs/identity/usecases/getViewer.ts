import type { ReadCall } from './call.js';
import { type ViewerView, viewSession, viewUser } from './views.js';

/** Who is asking, as the token says; null without a token. */
export async function getViewer({ viewer, loaders }: ReadCall): Promise<ViewerView | null> {
  if (viewer.kind === 'person') {
    const [user, session] = await Promise.all([
      loaders.userById.load(viewer.userId),
      loaders.sessionById.load(viewer.sessionId),
    ]);
    return {
      user: user === null ? null : viewUser(viewer, user),
      serviceAccount: null,
      session: session === null ? null : viewSession(viewer, session),
      scopes: [...viewer.scopes],
    };
  }
  if (viewer.kind === 'serviceAccount') {
    const serviceAccount = await loaders.serviceAccountById.load(viewer.serviceAccountId);
    return { user: null, serviceAccount, session: null, scopes: [...viewer.scopes] };
  }
  return null;
}
