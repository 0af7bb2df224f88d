import { isOperator, requirePerson, type Viewer } from '../../../platform/auth/viewer.js';
import { type PageArguments, type PageRequest, parsePage } from '../../../platform/kernel/cursor.js';
import { groupsAdministeredBy } from '../../../platform/kernel/principal.js';
import type { AccessRequestStatus } from '../domain/requestStates.js';
import type { RequestFilter } from './ports.js';

/** Which of the things that people ask for are listed: one's own, or those that one decides on. */
export interface RequestPage extends PageArguments {
  readonly status: AccessRequestStatus | null;
  readonly toReview: boolean;
}

/** Reads it; operators see everybody's. @throws Fault UNAUTHENTICATED, BAD_USER_INPUT */
export function readRequestPage(
  viewer: Viewer,
  { status, toReview, ...page }: RequestPage,
  now: Date,
): { readonly filter: RequestFilter; readonly wanted: PageRequest } {
  const person = requirePerson(viewer);
  const filter = {
    requesterId: toReview || isOperator(viewer) ? null : person.userId,
    reviewedBy: toReview ? { userId: person.userId, groupIds: groupsAdministeredBy(person) } : null,
    status,
    now,
  };
  return { filter, wanted: parsePage(page, 1) };
}
