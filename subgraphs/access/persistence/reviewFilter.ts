import type { RequestFilter } from '../usecases/ports.js';

/** What a person decides on: what others ask for whose reviewers are the ADMINs of a group of theirs. */
export function toReview({ reviewedBy }: RequestFilter) {
  if (reviewedBy === null) return {};
  const groupIds = [...reviewedBy.groupIds];
  return {
    requesterId: { not: reviewedBy.userId },
    OR: [
      { approval: 'PROVIDER', providerId: { in: groupIds } },
      { approval: 'GROUP_ADMIN', groupId: { in: groupIds } },
    ],
  };
}

/** A review whose deadline is over is being undone, also where nobody has noticed yet (domain/requestStates.ts). */
export function withStatus({ status, now }: RequestFilter) {
  if (status === 'IN_REVIEW') return { status, reviewDeadline: { gt: now } };
  if (status === 'UNDOING') return { OR: [{ status }, { status: 'IN_REVIEW', reviewDeadline: { lte: now } }] };
  return status === null ? {} : { status };
}
