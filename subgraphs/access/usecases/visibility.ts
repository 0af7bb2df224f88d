import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { notFound, unauthenticated } from '../../../platform/kernel/faults.js';
import { belongsTo } from '../../../platform/kernel/principal.js';
import type { Grant } from '../domain/grant.js';
import type { Offer } from '../domain/offer.js';
import { isReviewer, type Reviewed } from '../domain/review.js';

/** Whether what belongs to a person may be seen: by that person and by operators. */
export const maySeeOf = (viewer: Viewer, personId: string): boolean =>
  isOperator(viewer) || (viewer.kind === 'person' && viewer.userId === personId);

/** Whether offers may be seen: by everybody who is signed in. */
export const maySeeOffers = (viewer: Viewer): boolean => viewer.kind === 'person' || viewer.kind === 'serviceAccount';

/** Whether a request, or an extension, may be seen: by the requester, its group's ADMINs, its reviewers and operators. */
export function maySeeRequest(viewer: Viewer, request: Reviewed): boolean {
  if (maySeeOf(viewer, request.requesterId)) return true;
  if (viewer.kind !== 'person') return false;
  const isOfGroup = request.groupId !== null && viewer.roles.get(request.groupId) === 'ADMIN';
  return isOfGroup || isReviewer(request, viewer);
}

/** Whether what a person or a group holds may be seen: by that person, the group's members, and operators. */
export const maySeeHeldBy = (viewer: Viewer, holderId: string): boolean =>
  isOperator(viewer) || (viewer.kind === 'person' && belongsTo(viewer, holderId));

/** Whether a grant may be seen: as what its holder holds, and by the ADMINs of the provider that gave it. */
export const maySeeGrant = (viewer: Viewer, { holderId }: Grant, { providerId }: Offer): boolean =>
  maySeeHeldBy(viewer, holderId) || (viewer.kind === 'person' && viewer.roles.get(providerId) === 'ADMIN');

/** Whether an offer may be seen: by operators, its provider's members, and those it is published for. */
export function maySeeOffer(viewer: Viewer, { visibleTo, providerId }: Offer): boolean {
  if (!maySeeOffers(viewer)) return false;
  if (visibleTo.length === 0 || isOperator(viewer)) return true;
  return viewer.kind === 'person' && [providerId, ...visibleTo].some((groupId) => viewer.roles.has(groupId));
}

/** What was asked for by its id. @throws Fault UNAUTHENTICATED without a token, NOT_FOUND where it may not be seen */
export function orNotFound<Value>(viewer: Viewer, value: Value | null, what: string): Value {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (value === null) throw notFound(what);
  return value;
}
