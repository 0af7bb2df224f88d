import type { FeedChange } from '../domain/feed.js';
import type { SessionEnd } from '../domain/session.js';
import type { Stores } from './ports.js';

/**
 * Ends all that lives from a person's account: sessions, personal access keys, approved device logins, a factor that
 * waits for its first code, remembered devices, mandates. The person's row is changed before, so that whoever acts for
 * them at the same time comes before or after. Returns the feed's rows, to be appended last.
 */
export async function endAllThatLives(
  stores: Stores,
  userId: string,
  reason: SessionEnd,
  now: Date,
): Promise<readonly FeedChange[]> {
  await stores.enrolments.abandonReplacements(userId, now);
  await stores.deviceLogins.denyApprovedOf(userId);
  await stores.devices.forgetAllOf(userId, now);
  const sessions = await stores.sessions.endAllOf(userId, reason, now);
  const keys = await stores.personalAccessKeys.revokeAllOf(userId, now);
  const mandates = await stores.mandates.revokeAllOf(userId, now);
  return [
    // A key is the session of its tokens.
    ...[...sessions, ...keys].map((subject): FeedChange => ({ kind: 'SESSION', subject, state: 'REVOKED', data: {} })),
    ...mandates.map((subject): FeedChange => ({ kind: 'MANDATE', subject, state: 'REVOKED', data: {} })),
  ];
}
