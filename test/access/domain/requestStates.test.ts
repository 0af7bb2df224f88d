import { describe, expect, it } from 'vitest';
import {
  follow,
  isStateRefusal,
  requestActions,
  requestStates,
  requestStatuses,
  statusAt,
} from '../../../subgraphs/access/domain/requestStates.js';
import { statusOf as statusOfExtension } from '../../../subgraphs/access/persistence/extensionJournal.js';
import { statusOf } from '../../../subgraphs/access/persistence/requestJournal.js';
import { reviewedExtensionSaga } from '../../../subgraphs/access/sagas/extendGrant.js';
import { reviewedAccessSaga } from '../../../subgraphs/access/sagas/requestAccess.js';
import { FakePeers } from '../support/fakePeers.js';

// The table, written down once more by hand: r is REQUEST_NOT_IN_REVIEW, e is REQUEST_ENDED.
const expected = `
               HOLD  PRESENT    REVISE     ENDORSE    APPROVE       DENY     WITHDRAW   EXPIRE   PROVISION     GIVE_UP  COMPLETE END_DENIED END_WITHDRAWN END_EXPIRED END_FAILED
SUBMITTED      HELD  r          r          r          r             r        r          r        r             UNDOING  r        r          r             r           r
HELD           r     IN_REVIEW  r          r          r             r        UNDOING    r        PROVISIONING  UNDOING  r        r          r             r           r
IN_REVIEW      r     IN_REVIEW  IN_REVIEW  IN_REVIEW  PROVISIONING  UNDOING  UNDOING    UNDOING  r             r        r        r          r             r           r
PROVISIONING   r     r          r          r          r             r        r          r        PROVISIONING  UNDOING  ACTIVE   r          r             r           r
UNDOING        r     r          r          r          r             r        r          r        r             r        r        DENIED     WITHDRAWN     EXPIRED     FAILED
ACTIVE         e     e          e          e          e             e        e          e        e             e        e        e          e             e           e
DENIED         e     e          e          e          e             DENIED   e          e        e             e        e        e          e             e           e
WITHDRAWN      e     e          e          e          e             e        WITHDRAWN  e        e             e        e        e          e             e           e
FAILED         e     e          e          e          e             e        e          e        e             e        e        e          e             e           e
EXPIRED        e     e          e          e          e             e        e          e        e             e        e        e          e             e           e
`;

const [head = '', ...lines] = expected.trim().split('\n');
const columns = head.trim().split(/\s+/);
const refusals: Readonly<Record<string, string>> = { r: 'REQUEST_NOT_IN_REVIEW', e: 'REQUEST_ENDED' };
const cells = lines.flatMap((line) => {
  const [status = '', ...row] = line.trim().split(/\s+/);
  return row.map((cell, index) => ({ status, action: columns[index] ?? '', next: refusals[cell] ?? cell }));
});

describe("the request's states", () => {
  it('are all there, with all actions', () => {
    expect(Object.keys(requestStates)).toEqual([...requestStatuses]);
    expect(columns).toEqual([...requestActions]);
    expect(cells).toHaveLength(requestStatuses.length * requestActions.length);
  });

  it.each(cells)('$status, $action: $next', ({ status, action, next }) => {
    expect(follow(status as never, action as never)).toBe(next);
  });

  it('end in one of five, which nothing leaves', () => {
    const finals = requestStatuses.filter((status) =>
      requestActions.every((action) => {
        const cell = follow(status, action);
        return isStateRefusal(cell) || cell === status;
      }),
    );
    expect(finals).toEqual(['ACTIVE', 'DENIED', 'WITHDRAWN', 'FAILED', 'EXPIRED']);
  });
});

describe.each([
  ['request', reviewedAccessSaga, statusOf, 6],
  ['extension', reviewedExtensionSaga, statusOfExtension, 5],
] as const)('the chain of a reviewed %s keeps to the table', (_what, saga, statusAtStep, length) => {
  const { steps } = saga(new FakePeers().peers, { now: () => new Date() });
  const statuses = steps.map(({ name }) => statusAtStep({ direction: 'FORWARD', step: name }));

  it('forward: from each step to the next there is an action', () => {
    expect(statuses).toEqual(['SUBMITTED', 'HELD', ...Array(length - 2).fill('PROVISIONING')]);
    expect(follow('SUBMITTED', 'HOLD')).toBe('HELD');
    // Without a review, holding and going on are one commit.
    expect(follow('HELD', 'PROVISION')).toBe('PROVISIONING');
    expect(follow('IN_REVIEW', 'APPROVE')).toBe('PROVISIONING');
  });

  it('backward: whatever is given up is undone', () => {
    expect(statusAtStep({ direction: 'UNDOING', step: steps[0]?.name ?? '' })).toBe('UNDOING');
    for (const status of new Set(statuses)) expect(follow(status, 'GIVE_UP')).toBe('UNDOING');
  });
});

describe('the deadline of a review', () => {
  const reviewDeadline = new Date('2026-01-15T00:00:00Z');
  const at = (status: (typeof requestStatuses)[number], ms: number) =>
    statusAt({ status, reviewDeadline }, new Date(reviewDeadline.getTime() + ms));

  it('is judged when it is read, also where nobody noticed that it is over', () => {
    expect(at('IN_REVIEW', -1)).toBe('IN_REVIEW');
    expect(at('IN_REVIEW', 0)).toBe('UNDOING');
    expect(at('PROVISIONING', 0)).toBe('PROVISIONING');
    expect(at('EXPIRED', 0)).toBe('EXPIRED');
    expect(statusAt({ status: 'IN_REVIEW', reviewDeadline: null }, reviewDeadline)).toBe('IN_REVIEW');
  });
});
