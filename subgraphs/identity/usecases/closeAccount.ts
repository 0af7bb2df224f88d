import type { FeedChange } from '../domain/feed.js';
import type { DisabledBy } from '../domain/user.js';
import type { Stores } from './ports.js';

/**
 * Closes a person's account with all that lives from it: sessions, personal access keys, approved device logins,
 * remembered devices, mandates, the operator's right. Returns the feed's rows, by which every service refuses the person
 * within a second, to be appended last; null where it was closed before.
 */
export async function closeAccount(
  stores: Stores,
  userId: string,
  by: DisabledBy,
  now: Date,
): Promise<readonly FeedChange[] | null> {
  if (!(await stores.users.disable(userId, by))) return null;
  await stores.deviceLogins.denyApprovedOf(userId);
  await stores.devices.forgetAllOf(userId, now);
  const sessions = await stores.sessions.endAllOf(userId, 'USER_DISABLED', now);
  const keys = await stores.personalAccessKeys.revokeAllOf(userId, now);
  const mandates = await stores.mandates.revokeAllOf(userId, now);
  return [
    { kind: 'USER', subject: userId, state: 'DISABLED', data: { operator: false } },
    // A key is the session of its tokens.
    ...[...sessions, ...keys].map((subject): FeedChange => ({ kind: 'SESSION', subject, state: 'REVOKED', data: {} })),
    ...mandates.map((subject): FeedChange => ({ kind: 'MANDATE', subject, state: 'REVOKED', data: {} })),
  ];
}
