import { type Person, requireOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { FeedChange } from '../domain/feed.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports, Stores } from './ports.js';

/** Whom an operator changes, and by which mutation. */
interface PersonChange {
  readonly action: string;
  readonly userId: string;
  /** The operator's right that is given or taken, for the audit. */
  readonly operator?: boolean;
}

/** What a change did: the feed's rows, null where nothing was to be done. */
type Changed = Result<readonly FeedChange[] | null, Refusal>;

/**
 * Changes a person under the lock of all such changes, so that of two operators who act on each other one comes first.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export async function changePerson(
  ports: Ports,
  call: Call,
  { action, userId, operator: detail }: PersonChange,
  change: (parts: {
    readonly stores: Stores;
    readonly operator: Person;
    readonly user: User;
    readonly now: Date;
  }) => Promise<Changed>,
): Promise<Result<User, Refusal>> {
  const operator = requireOperator(call.viewer);
  const now = ports.clock.now();
  await faultpoint(`identity.${action}.beforeCommit`);
  const changed = await ports.database.transaction(async (stores): Promise<Result<User, Refusal>> => {
    const user = isId('user', userId) ? await stores.users.lock(userId) : null;
    // Looked at again under the lock: the feed may not have told yet that the caller is no operator any more.
    const caller = await stores.users.find(operator.userId);
    if (caller?.operator !== true || caller.status !== 'ACTIVE') throw forbidden('Only an operator may do this.');
    if (user === null) throw notFound('user');
    const done = await change({ stores, operator, user, now });
    if (!done.ok) return done;
    if (done.value === null) return ok(user);
    const more = detail === undefined ? {} : { detail: { operator: detail } };
    await stores.audit.write(auditEntry(call, { action, target: userId, outcome: 'OK', ...more }));
    await stores.feed.append(done.value, now);
    return ok((await stores.users.find(userId)) ?? user);
  });
  await faultpoint(`identity.${action}.afterCommit`);
  if (changed.ok) await ports.feedNews();
  return changed;
}
