import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import type { Group } from '../domain/group.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { groupArchived, inGroup, requireManager } from './inGroup.js';
import type { Ports } from './ports.js';

/** Input of `renameGroup`. */
interface RenameGroupInput {
  readonly groupId: string;
  readonly name: string;
}

/**
 * For the group's ADMINs and operators: gives it another name. To give it the name that it has is no error and leaves
 * no trace. Refusals: GROUP_ARCHIVED, INVALID_INPUT, NAME_TAKEN. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const renameGroup =
  (ports: Ports) =>
  (input: RenameGroupInput, call: Call): Promise<Result<Group, Refusal>> =>
    inGroup(ports, call, { action: 'renameGroup', groupId: input.groupId }, async (parts) => {
      const { stores, group } = parts;
      await requireManager(parts);
      if (group.archivedAt !== null) return groupArchived;
      const name = parseLine(input.name, ['name']);
      if (!name.ok) return name;
      if (name.value === group.name) return ok(group);
      if (!(await stores.groups.rename(group.id, name.value))) {
        return err(refused('NAME_TAKEN', 'Another group has this name. Choose another.'));
      }
      const detail = { from: group.name, to: name.value };
      await stores.audit.write(auditEntry(call, { action: 'renameGroup', target: group.id, outcome: 'OK', detail }));
      return ok({ ...group, name: name.value });
    });
