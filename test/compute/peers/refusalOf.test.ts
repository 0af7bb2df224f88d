import { describe, expect, it } from 'vitest';
import { toRefusal as toAccessRefusal } from '../../../subgraphs/access/peers/peerRefusal.js';
import { toRefusal } from '../../../subgraphs/compute/peers/refusalOf.js';

describe("accounting's refusal by a budget", () => {
  it('is handed on with the name of the limit, by compute and by access', () => {
    const given = { code: 'LIMIT_EXCEEDED', message: 'Ask for less.', limit: 'daily budget (bud_x)' };
    const limit = { type: 'LimitExceeded', ...given };
    expect(toRefusal({ __typename: 'LimitExceeded', ...given })).toEqual(limit);
    expect(toAccessRefusal(given)).toEqual(limit);
  });
});
