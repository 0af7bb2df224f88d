import { describe, expect, it } from 'vitest';
import {
  foldRecoveryCode,
  formatRecoveryCode,
  RECOVERY_CODE_BYTES,
} from '../../../subgraphs/identity/domain/recoveryCode.js';

describe('recovery code', () => {
  it('is 120 bits in six groups of four letters', () => {
    expect(RECOVERY_CODE_BYTES).toBe(15);
    expect(formatRecoveryCode(new Uint8Array(15))).toBe('0000-0000-0000-0000-0000-0000');
    expect(formatRecoveryCode(new Uint8Array(15).fill(255))).toBe('zzzz-zzzz-zzzz-zzzz-zzzz-zzzz');
    expect(formatRecoveryCode(new Uint8Array(15).fill(33, 14))).toBe('0000-0000-0000-0000-0000-0011');
  });

  it('may be typed in any case, with blanks, without hyphens and with look-alikes', () => {
    const folded = foldRecoveryCode('0123-4567-89ab-cdef-ghjk-mnpq');
    expect(folded).toBe('0123456789abcdefghjkmnpq');
    expect(foldRecoveryCode(' O123 4567 89AB CDEF GHJK MNPQ ')).toBe(folded);
    expect(foldRecoveryCode('0l23-4567-89ab-cdef-ghjk-mnpq')).toBe(folded);
    expect(foldRecoveryCode('0I23456789abcdefghjkmnpq')).toBe(folded);
  });

  it('may be one of 80 bits, as they were given out before', () => {
    expect(foldRecoveryCode('0123-4567-89AB-CDEF')).toBe('0123456789abcdef');
    expect(foldRecoveryCode(' ol23 4567 89ab cdef')).toBe('0123456789abcdef');
  });

  it.each([
    '',
    '123456',
    '0123-4567-89ab-cde',
    '0123-4567-89ab-cdeu',
    '0123-4567-89ab-cdef-ghjk',
    '0123-4567-89ab-cdef-ghjk-mnp',
    '0123-4567-89ab-cdef-ghjk-mnpqq',
    '0123-4567-89ab-cdef-ghjk-mnpu',
  ])('is not %j', (text) => {
    expect(foldRecoveryCode(text)).toBeNull();
  });
});
