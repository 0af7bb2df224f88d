import type { FeedChange } from '../domain/feed.js';
import type { DisabledBy } from '../domain/user.js';
import { endAllThatLives } from './endAllThatLives.js';
import type { Stores } from './ports.js';

/**
 * Closes a person's account with all that lives from it, and the operator's right. Returns the feed's rows, by which
 * every service refuses the person within a second, to be appended last; null where it was closed before.
 */
export async function closeAccount(
  stores: Stores,
  userId: string,
  by: DisabledBy,
  now: Date,
): Promise<readonly FeedChange[] | null> {
  if (!(await stores.users.disable(userId, by))) return null;
  const ended = await endAllThatLives(stores, userId, 'USER_DISABLED', now);
  return [{ kind: 'USER', subject: userId, state: 'DISABLED', data: { operator: false } }, ...ended];
}
