import { describe, expect, it } from 'vitest';
import {
  foldRecoveryCode,
  formatRecoveryCode,
  RECOVERY_CODE_BYTES,
} from '../../../subgraphs/identity/domain/recoveryCode.js';

describe('recovery code', () => {
  it('is 80 bits in four groups of four letters', () => {
    expect(RECOVERY_CODE_BYTES).toBe(10);
    expect(formatRecoveryCode(new Uint8Array(10))).toBe('0000-0000-0000-0000');
    expect(formatRecoveryCode(new Uint8Array(10).fill(255))).toBe('zzzz-zzzz-zzzz-zzzz');
    expect(formatRecoveryCode(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 33))).toBe('0000-0000-0000-0011');
  });

  it('may be typed in any case, with blanks, without hyphens and with look-alikes', () => {
    const folded = foldRecoveryCode('0123-4567-89ab-cdef');
    expect(folded).toBe('0123456789abcdef');
    expect(foldRecoveryCode(' O123 4567 89AB CDEF ')).toBe(folded);
    expect(foldRecoveryCode('0l23-4567-89ab-cdef')).toBe(folded);
    expect(foldRecoveryCode('0I23-4567-89ab-cdef')).toBe(folded);
  });

  it.each(['', '123456', '0123-4567-89ab-cde', '0123-4567-89ab-cdeff', '0123-4567-89ab-cdeu'])('is not %j', (text) => {
    expect(foldRecoveryCode(text)).toBeNull();
  });
});
