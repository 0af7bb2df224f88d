import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../platform/idempotency/fingerprint.js';

describe('the fingerprint of an input', () => {
  const print = (input: unknown) => fingerprint('transfer', input);

  it.each<[string, unknown, unknown]>([
    ['keys in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['absent and null', { a: 1, b: null }, { a: 1 }],
    ['decimals spelled otherwise', { amount: { amount: '1.0' } }, { amount: { amount: '1' } }],
    ['decimals with zeros behind', { amount: '10.50' }, { amount: '10.5' }],
    ['another key', { idempotencyKey: 'a', x: 1 }, { idempotencyKey: 'b', x: 1 }],
  ])('is the same for %s', (_what, one, other) => {
    expect(print(one)).toBe(print(other));
  });

  it.each<[string, unknown, unknown]>([
    ['other values', { a: '1.01' }, { a: '1.1' }],
    ['a hundred and one', { a: '100' }, { a: '1' }],
    ['another order of a list', { a: [1, 2] }, { a: [2, 1] }],
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['values that moved', { a: 'x', b: 'y' }, { a: 'y', b: 'x' }],
  ])('differs for %s', (_what, one, other) => {
    expect(print(one)).not.toBe(print(other));
  });

  it('differs for another operation', () => {
    expect(fingerprint('deposit', { a: 1 })).not.toBe(fingerprint('transfer', { a: 1 }));
  });
});
