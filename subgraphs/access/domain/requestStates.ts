import type { RefusalCode } from '../../../platform/kernel/refusals/registry.js';

/** Where a request is in its life. ACTIVE, DENIED, WITHDRAWN, FAILED and EXPIRED are final. */
export const requestStatuses = [
  'SUBMITTED',
  'HELD',
  'IN_REVIEW',
  'PROVISIONING',
  'UNDOING',
  'ACTIVE',
  'DENIED',
  'WITHDRAWN',
  'FAILED',
  'EXPIRED',
] as const;
/** One of them. */
export type AccessRequestStatus = (typeof requestStatuses)[number];

/** What can happen to a request: people revise, endorse, approve, deny and withdraw; the chain does the rest. */
export const requestActions = [
  /** The price is reserved. */
  'HOLD',
  /** It is laid before its reviewers. */
  'PRESENT',
  /** The requester changes it. */
  'REVISE',
  /** The first of two people agrees. */
  'ENDORSE',
  /** The last person that is needed agrees. */
  'APPROVE',
  /** A reviewer says no. */
  'DENY',
  /** It is taken back. */
  'WITHDRAW',
  /** The review's deadline is over. */
  'EXPIRE',
  /** An automatic one goes on without review. */
  'PROVISION',
  /** A step was refused or ran out of time. */
  'GIVE_UP',
  /** The last step is done. */
  'COMPLETE',
  /** Everything is undone: the four ends that are no success. */
  'END_DENIED',
  'END_WITHDRAWN',
  'END_EXPIRED',
  'END_FAILED',
] as const;
/** One of them. */
export type RequestAction = (typeof requestActions)[number];

/** Why an action does not go with a status. */
export type StateRefusal = Extract<RefusalCode, 'REQUEST_NOT_IN_REVIEW' | 'REQUEST_ENDED'>;
/** A cell of the table: the next status, or the code of the refusal. */
type Cell = AccessRequestStatus | StateRefusal;
type Row = Readonly<Record<RequestAction, Cell>>;

/** What stands in every cell of a row that is not named. */
const all = (cell: Cell): Row => Object.fromEntries(requestActions.map((action) => [action, cell])) as Row;

const open = all('REQUEST_NOT_IN_REVIEW');
const ended = all('REQUEST_ENDED');

/** The request's state machine, all of it: status by action. */
export const requestStates: Readonly<Record<AccessRequestStatus, Row>> = {
  SUBMITTED: { ...open, HOLD: 'HELD', GIVE_UP: 'UNDOING' },
  HELD: { ...open, PRESENT: 'IN_REVIEW', PROVISION: 'PROVISIONING', WITHDRAW: 'UNDOING', GIVE_UP: 'UNDOING' },
  IN_REVIEW: {
    ...open,
    PRESENT: 'IN_REVIEW',
    REVISE: 'IN_REVIEW',
    ENDORSE: 'IN_REVIEW',
    APPROVE: 'PROVISIONING',
    DENY: 'UNDOING',
    WITHDRAW: 'UNDOING',
    EXPIRE: 'UNDOING',
  },
  PROVISIONING: { ...open, PROVISION: 'PROVISIONING', GIVE_UP: 'UNDOING', COMPLETE: 'ACTIVE' },
  UNDOING: {
    ...open,
    END_DENIED: 'DENIED',
    END_WITHDRAWN: 'WITHDRAWN',
    END_EXPIRED: 'EXPIRED',
    END_FAILED: 'FAILED',
  },
  ACTIVE: ended,
  // To say the same again changes nothing, as after an answer that was lost.
  DENIED: { ...ended, DENY: 'DENIED' },
  WITHDRAWN: { ...ended, WITHDRAW: 'WITHDRAWN' },
  FAILED: ended,
  EXPIRED: ended,
};

/** Whether a cell says no. */
export const isStateRefusal = (cell: Cell): cell is StateRefusal =>
  cell === 'REQUEST_NOT_IN_REVIEW' || cell === 'REQUEST_ENDED';

/** What follows from an action. */
export const follow = (status: AccessRequestStatus, action: RequestAction): Cell => requestStates[status][action];

/** The status as it is at an instant: a review whose deadline is over is being undone, whoever notices it first. */
export const statusAt = (
  { status, reviewDeadline }: { readonly status: AccessRequestStatus; readonly reviewDeadline: Date | null },
  now: Date,
): AccessRequestStatus => {
  const isOverdue = status === 'IN_REVIEW' && reviewDeadline !== null && now >= reviewDeadline;
  const cell = isOverdue ? follow(status, 'EXPIRE') : status;
  return isStateRefusal(cell) ? status : cell;
};
