import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Group } from '../domain/group.js';
import type { Call } from './call.js';
import { inGroup, requireOperatorIn } from './inGroup.js';
import type { Ports } from './ports.js';
import { setArchived } from './setArchived.js';

/** Input of `restoreGroup`. */
interface RestoreGroupInput {
  readonly groupId: string;
}

/**
 * For operators: takes an archived group into use again, with the roles that its members have. To restore one that is
 * in use is no error and changes nothing. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const restoreGroup =
  (ports: Ports) =>
  (input: RestoreGroupInput, call: Call): Promise<Result<Group, Refusal>> =>
    inGroup(ports, call, { action: 'restoreGroup', groupId: input.groupId }, async (parts) => {
      await requireOperatorIn(parts);
      return setArchived(parts, call, 'restoreGroup', null);
    });
