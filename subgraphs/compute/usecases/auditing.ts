import type { AuditEntry } from '../../../platform/audit/audit.js';
import { actorName } from '../../../platform/auth/viewer.js';
import type { Call } from './call.js';

/** The audit's entry of what a call did: it succeeded, and the viewer did it. */
export const entryOf = (call: Call, entry: Pick<AuditEntry, 'action' | 'target' | 'detail'>): AuditEntry => ({
  actor: actorName(call.viewer),
  outcome: 'OK',
  requestId: call.requestId,
  clientIp: call.clientIp,
  ...entry,
});
