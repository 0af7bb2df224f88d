import { expect, test } from 'vitest';
import { isIsolationRequired } from '../../../subgraphs/compute/domain/trusted.js';

test('isolation is required of all but operators and the trusted', () => {
  const person = { userId: 'usr_1', operator: false };
  expect(isIsolationRequired(new Set(), person)).toBe(true);
  expect(isIsolationRequired(new Set(['usr_1']), person)).toBe(false);
  expect(isIsolationRequired('everybody', person)).toBe(false);
  expect(isIsolationRequired(new Set(), { ...person, operator: true })).toBe(false);
});
