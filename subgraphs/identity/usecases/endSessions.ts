import type { SessionEnd } from '../domain/session.js';
import type { Stores } from './ports.js';

/**
 * Ends all sessions of a person but one, takes back approvals that no device has redeemed yet, and tells the feed. It
 * holds the person, so that no approval slips by, and the feed's head until the commit, so that only the audit entry, which tells the number, comes after it.
 * @returns how many were ended
 */
export async function endSessions(
  stores: Stores,
  userId: string,
  { reason, now, exceptId }: { readonly reason: SessionEnd; readonly now: Date; readonly exceptId?: string },
): Promise<number> {
  await stores.users.lockCredentials(userId);
  await stores.deviceLogins.denyApprovedOf(userId);
  const ended = await stores.sessions.endAllOf(userId, reason, now, exceptId);
  const rows = ended.map((subject) => ({ kind: 'SESSION', subject, state: 'REVOKED', data: {} }) as const);
  await stores.feed.append(rows, now);
  return ended.length;
}
