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

/** Adds an audit entry for each fault that a command throws; whatever else comes of it, it audits itself. */
export function auditingFaults<Input, Value>(
  audit: AuditStore,
  action: string,
  command: (input: Input, call: Call) => Promise<Value>,
): (input: Input, call: Call) => Promise<Value> {
  return async (input, call) => {
    try {
      return await command(input, call);
    } catch (error) {
      // A flood that is turned away must not fill the trail.
      if (error instanceof Fault && error.code !== 'RATE_LIMITED') {
        await audit.write(auditEntry(call, { action, target: null, outcome: error.code }));
      }
      throw error;
    }
  };
}

/**
 * Adds an audit entry for each time a command refuses or throws a fault. Its successes it audits itself, in the
 * transaction of the effect.
 */
export function auditingRefusals<Input, Value>(
  audit: AuditStore,
  action: string,
  command: (input: Input, call: Call) => Promise<Result<Value, Refusal>>,
): (input: Input, call: Call) => Promise<Result<Value, Refusal>> {
  return auditingFaults(audit, action, async (input, call) => {
    const result = await command(input, call);
    if (!result.ok) await audit.write(auditEntry(call, { action, target: null, outcome: result.refusal.code }));
    return result;
  });
}
