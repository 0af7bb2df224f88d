import { describe, expect, it } from 'vitest';
import { foldUsername, parseUsername } from '../../../subgraphs/identity/domain/user.js';

describe('user name', () => {
  it.each([
    ['Ada', 'ada'],
    ['ada.lovelace_1815-x', 'ada.lovelace_1815-x'],
    [`a${'b'.repeat(63)}`, `a${'b'.repeat(63)}`],
  ])('folds %s to %s', (typed, folded) => {
    expect(foldUsername(typed)).toBe(folded);
  });

  it.each([
    '',
    'ab',
    '1abc',
    '.abc',
    'a b',
    'a\u0000b',
    'ädä',
    'аdа',
    'a@b',
    ' ada',
    'ada\n',
    `a${'b'.repeat(64)}`,
    'KELVIN\u212A',
  ])('is not %j', (typed) => {
    expect(parseUsername(typed)).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: ['username'] } });
  });
});
