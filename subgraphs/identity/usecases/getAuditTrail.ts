import { EVERYBODY } from '../../../platform/audit/listAudit.js';
import { requireOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { UserView } from './views.js';

/** Whose trail it is; what stands in it each service says, and judges anew who asks. */
interface AuditTrail {
  readonly id: string;
}

/** The trail of everybody, for operators. Faults: UNAUTHENTICATED, FORBIDDEN. */
export function getAuditTrail({ viewer }: { readonly viewer: Viewer }): AuditTrail {
  requireOperator(viewer);
  return { id: EVERYBODY };
}

/** A person's trail, for them by a whole session of theirs and for operators. Fault: NOT_FOUND. */
export function getAuditTrailOf(user: UserView): AuditTrail {
  if (user.private === null) throw notFound('audit trail');
  return { id: user.id };
}
