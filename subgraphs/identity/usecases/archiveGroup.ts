import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import type { Call } from './call.js';
import { inGroup, requireManager } from './inGroup.js';
import type { Ports } from './ports.js';
import { setArchived } from './setArchived.js';

/** Input of `archiveGroup`. */
interface ArchiveGroupInput {
  readonly groupId: string;
}

/**
 * For the group's ADMINs and operators: ends new use of a group. Nobody joins it any more, and the feed tells every
 * service that its ADMINs are mere MEMBERs: nobody spends, requests or publishes in its name. What it has stays visible
 * and runs to its end; money stays on its accounts until an operator restores it or closes them. To archive it again is
 * no error and changes nothing.
 * Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const archiveGroup =
  (ports: Ports) =>
  (input: ArchiveGroupInput, call: Call): Promise<Result<Group, Refusal>> =>
    inGroup(ports, call, { action: 'archiveGroup', groupId: input.groupId }, async (parts) => {
      await requireManager(parts);
      return setArchived(parts, call, 'archiveGroup', parts.group.archivedAt ?? parts.now);
    });
