import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { notFound, unauthenticated } from '../../../platform/kernel/faults.js';

/** Whether what belongs to a person may be seen: by that person and by operators. */
export const maySeeOf = (viewer: Viewer, personId: string): boolean =>
  isOperator(viewer) || (viewer.kind === 'person' && viewer.userId === personId);

/** Whether offers may be seen: by everybody who is signed in. */
export const maySeeOffers = (viewer: Viewer): boolean => viewer.kind === 'person' || viewer.kind === 'serviceAccount';

/** What was asked for by its id. @throws Fault UNAUTHENTICATED without a token, NOT_FOUND where it may not be seen */
export function orNotFound<Value>(viewer: Viewer, value: Value | null, what: string): Value {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (value === null) throw notFound(what);
  return value;
}
