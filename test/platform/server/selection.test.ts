import { buildSchema, execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { selectsOnly } from '../../../platform/server/selection.js';

const schema = buildSchema('type Query { user: User } type User { id: ID name: String friend: User }');

/** What the resolver of `user` is told for a document. */
async function told(document: string): Promise<boolean> {
  const found: boolean[] = [];
  await execute({
    schema,
    document: parse(document),
    rootValue: {
      user: (_arguments: unknown, _context: unknown, info: Parameters<typeof selectsOnly>[0]) => {
        found.push(selectsOnly(info, ['id', '__typename']));
        return { id: '1', name: 'x' };
      },
    },
  });
  return found[0] ?? false;
}

describe('a selection', () => {
  it.each([
    ['{ user { id } }', true],
    ['{ user { __typename id again: id } }', true],
    ['{ user { ... on User { id } ...Id } } fragment Id on User { id }', true],
    ['{ user { id } user { __typename } }', true],
    ['{ user { id name } }', false],
    ['{ user { id: name } }', false],
    ['{ user { id } user { name } }', false],
    ['{ user { ... { name } } }', false],
    ['{ user { ...Deep } } fragment Deep on User { ...Name } fragment Name on User { name }', false],
    ['{ user { friend { id } } }', false],
  ])('%s is of the id alone: %s', async (document, expected) => {
    expect(await told(document)).toBe(expected);
  });
});
