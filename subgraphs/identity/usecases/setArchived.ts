import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { InGroup } from './inGroup.js';
import { membershipRow } from './membership.js';

/** Archives a group or takes it into use again, and tells the feed what its ADMINs are from now on. */
export async function setArchived(
  { stores, group, now }: InGroup,
  call: Call,
  action: string,
  archivedAt: Date | null,
): Promise<Result<Group, Refusal>> {
  if (archivedAt === group.archivedAt) return ok(group);
  const changed = { ...group, archivedAt };
  await stores.groups.setArchived(group.id, archivedAt);
  await stores.audit.write(auditEntry(call, { action, target: group.id, outcome: 'OK' }));
  const admins = await stores.groups.adminsOf(group.id);
  await stores.feed.append(
    admins.map((userId) => membershipRow(changed, userId, 'ADMIN')),
    now,
  );
  return ok(changed);
}
