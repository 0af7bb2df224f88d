import type { Session, SessionEnd } from '../domain/session.js';
import type { Stores } from './ports.js';

/**
 * Ends one session, and takes back what it approved and no device has redeemed yet: a thief is thrown out with what they
 * let in. It holds the person, so that no approval slips by. The caller tells the feed.
 * @returns false where it had ended before
 */
export async function endSession(
  stores: Stores,
  { id, userId }: Pick<Session, 'id' | 'userId'>,
  { reason, now }: { readonly reason: SessionEnd; readonly now: Date },
): Promise<boolean> {
  await stores.users.lockCredentials(userId);
  await stores.deviceLogins.denyApprovedOf(userId, id);
  return stores.sessions.end(id, reason, now);
}
