import { membershipSubject } from '../../../platform/auth/memberships.js';
import { idempotencyScope, requireScope } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import type { Group } from '../domain/group.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { Ports } from './ports.js';

/** Input of `createGroup`. */
interface CreateGroupInput {
  readonly idempotencyKey: string;
  readonly name: string;
}

/**
 * Makes a group whose first ADMIN is the caller.
 * Refusals: INVALID_INPUT, NAME_TAKEN, IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN (programs, services acting for a person, tokens without identity:groups).
 */
export const createGroup =
  (ports: Ports) =>
  async (input: CreateGroupInput, call: Call): Promise<Result<Group, Refusal>> => {
    const person = requireInPerson(call.viewer);
    requireScope(person, 'identity:groups');
    const now = ports.clock.now();
    await faultpoint('identity.createGroup.beforeCommit');
    const created = await ports.database.transaction((stores) =>
      stores.once<Group>(
        { scope: idempotencyScope(person), key: input.idempotencyKey, operation: 'createGroup', input },
        async () => {
          const name = parseLine(input.name, ['name']);
          if (!name.ok) return name;
          const group = { id: ports.newId('group'), name: name.value, archivedAt: null };
          if (!(await stores.groups.insert(group, now))) {
            return err(refused('NAME_TAKEN', 'Another group has this name. Choose another.'));
          }
          const member = { groupId: group.id, userId: person.userId, role: 'ADMIN', source: 'LOCAL' } as const;
          await stores.groups.setMember(member, now);
          await stores.audit.write(auditEntry(call, { action: 'createGroup', target: group.id, outcome: 'OK' }));
          const subject = membershipSubject(group.id, person.userId);
          await stores.feed.append([{ kind: 'MEMBERSHIP', subject, state: 'ADMIN', data: {} }], now);
          return ok(group);
        },
        {
          save: ({ id }) => ({ id }),
          async load(saved) {
            const group = await stores.groups.find((saved as { readonly id: string }).id);
            if (group === null) throw notFound('group');
            return group;
          },
        },
      ),
    );
    await faultpoint('identity.createGroup.afterCommit');
    if (created.ok) await ports.feedNews();
    return created;
  };
