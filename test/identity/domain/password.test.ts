import { describe, expect, it } from 'vitest';
import { commonPasswords } from '../../../subgraphs/identity/domain/commonPasswords.js';
import { normalisePassword, parsePassword } from '../../../subgraphs/identity/domain/password.js';

const codeOf = (text: string, username = 'ada'): string => {
  const result = parsePassword(text, username);
  return result.ok ? 'OK' : result.refusal.code;
};

describe('password', () => {
  it.each([
    ['7 chars', 'INVALID_INPUT'],
    ['8 charsx', 'OK'],
    ['x'.repeat(1024), 'OK'],
    ['x'.repeat(1025), 'INVALID_INPUT'],
    ['😀'.repeat(8), 'OK'],
    ['😀'.repeat(7), 'INVALID_INPUT'],
    ['😀'.repeat(1024), 'OK'],
    ['😀'.repeat(1025), 'INVALID_INPUT'],
    ['half a pair \ud83d', 'INVALID_INPUT'],
    ['        ', 'OK'],
  ])('%# is judged by its characters: %s', (text, expected) => {
    expect(codeOf(text)).toBe(expected);
  });

  it('is the same however it was composed', () => {
    expect(normalisePassword('Cafe\u0301 au lait')).toBe(normalisePassword('Caf\u00e9 au lait'));
  });

  it('is the same in compatible characters of another keyboard (NFKC)', () => {
    expect(normalisePassword('\uff54\uff4f\uff4c\uff4c\u3000gate')).toBe('toll gate');
    expect(codeOf('\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44')).toBe('PASSWORD_TOO_COMMON');
  });

  it('counts a character that is written out as many as one, and what it is written out as against the most', () => {
    expect('\ufdfa'.normalize('NFKC')).toHaveLength(18);
    expect(codeOf('\ufdfa')).toBe('INVALID_INPUT');
    expect(codeOf('\ufdfa'.repeat(8))).toBe('OK');
    expect(codeOf('\ufdfa'.repeat(57))).toBe('INVALID_INPUT');
  });

  it('is neither trimmed nor folded nor cut', () => {
    expect(normalisePassword('  Two  Blanks  ')).toBe('  Two  Blanks  ');
    expect(normalisePassword('x'.repeat(1024))).toHaveLength(1024);
  });

  it.each(['password', 'PassWord1', '123456789', 'Tollgate123'])('is not a common one: %s', (text) => {
    expect(codeOf(text)).toBe('PASSWORD_TOO_COMMON');
  });

  it('is not the user name', () => {
    expect(codeOf('Ada-Lovelace', 'ada-lovelace')).toBe('PASSWORD_TOO_COMMON');
  });

  it('is compared with a list of lower-case words that are long enough', () => {
    expect(commonPasswords.size).toBeGreaterThanOrEqual(3_000);
    for (const word of commonPasswords) expect(word).toBe(word.toLowerCase());
    for (const word of commonPasswords) expect(word.length).toBeGreaterThanOrEqual(8);
  });
});
