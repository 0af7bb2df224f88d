import { expect, it } from 'vitest';
import { isQuery } from '../../../platform/peers/isQuery.js';

it.each([
  ['{ a }', true],
  [' \n query Q($id: ID!) { a }', true],
  ['query{a}', true],
  ['mutation { a }', false],
  ['queryAll { a }', false],
  ['fragment F on A { a } mutation { a }', false],
  ['# query\nmutation { a }', false],
  ['', false],
])('%j changes nothing: %s', (document, expected) => {
  expect(isQuery(document)).toBe(expected);
});
