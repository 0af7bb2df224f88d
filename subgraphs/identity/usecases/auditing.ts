import type { AuditEntry } from '../../../platform/audit/audit.js';
import { actorName } from '../../../platform/auth/viewer.js';
import { Fault } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Call } from './call.js';
import type { AuditStore } from './ports.js';

/** An audit entry of a call; who acted is the viewer, unless the call itself found out who it is. */
export const auditEntry = (
  call: Call,
  entry: Pick<AuditEntry, 'action' | 'target' | 'outcome' | 'detail'> & { readonly actor?: string },
): AuditEntry => ({
  actor: actorName(call.viewer),
  requestId: call.requestId,
  clientIp: call.clientIp,
  ...entry,
});

/**
 * Adds an audit entry for each time a command refuses or throws a fault. Its successes it audits itself, in the
 * transaction of the effect.
 */
export function auditingRefusals<Input, Value>(
  audit: AuditStore,
  action: string,
  command: (input: Input, call: Call) => Promise<Result<Value, Refusal>>,
): (input: Input, call: Call) => Promise<Result<Value, Refusal>> {
  const write = (call: Call, outcome: string): Promise<void> =>
    audit.write(auditEntry(call, { action, target: null, outcome }));
  return async (input, call) => {
    try {
      const result = await command(input, call);
      if (!result.ok) await write(call, result.refusal.code);
      return result;
    } catch (error) {
      // A flood that is turned away must not fill the trail.
      if (error instanceof Fault && error.code !== 'RATE_LIMITED') await write(call, error.code);
      throw error;
    }
  };
}
