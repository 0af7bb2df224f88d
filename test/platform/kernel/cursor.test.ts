import { describe, expect, it } from 'vitest';
import { toConnection } from '../../../platform/kernel/connection.js';
import { encodeCursor, parsePage } from '../../../platform/kernel/cursor.js';

const codeOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return 'nothing thrown';
};

describe('pages', () => {
  it('go on after a cursor', () => {
    expect(parsePage({ first: 2, after: encodeCursor(['a', '1']) }, 2)).toEqual({ first: 2, after: ['a', '1'] });
    expect(parsePage({}, 1)).toEqual({ first: 20, after: null });
  });

  it.each([0, -1, 101, 1_000_000])('of size %d are refused', (first) => {
    expect(codeOf(() => parsePage({ first }, 1))).toBe('BAD_USER_INPUT');
  });

  it.each([
    'x',
    '',
    encodeCursor([]),
    encodeCursor(['a', 'b', 'c']),
    encodeCursor(['\0', 'b']),
    Buffer.from('[1,2]').toString('base64url'),
    Buffer.from('{"0":"a"}').toString('base64url'),
  ])('after a forged cursor are refused: %j', (after) => {
    expect(codeOf(() => parsePage({ after }, 2))).toBe('BAD_USER_INPUT');
  });

  it('know whether there is more', () => {
    const page = { first: 2, after: null };
    const connection = toConnection(['a', 'b', 'c'], page, (node) => [node]);
    expect(connection.nodes).toEqual(['a', 'b']);
    expect(connection.pageInfo).toEqual({ hasNextPage: true, endCursor: encodeCursor(['b']) });
    expect(toConnection([], page, () => []).pageInfo).toEqual({ hasNextPage: false, endCursor: null });
  });
});
