import { describe, expect, it } from 'vitest';
import { totp, totpCode } from '../../../subgraphs/identity/adapters/totp.js';

const at = (seconds: number): Date => new Date(seconds * 1000);
// RFC 6238, appendix B: "12345678901234567890" in base32; its eight digits end in our six.
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const SECRET = 'JBSWY3DPEHPK3PXP';

describe('one-time codes', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('agree with RFC 6238 at %d', async (seconds, code) => {
    expect(await totpCode(RFC_SECRET, at(seconds))).toBe(code.slice(-6));
  });

  it.each([
    [0, '282760'],
    [59, '996554'],
    [1_111_111_109, '071271'],
    [1_234_567_890, '742275'],
  ])('agree with other authenticators at %d', async (seconds, code) => {
    expect(await totpCode(SECRET, at(seconds))).toBe(code);
  });

  it('match within one step, and tell which', async () => {
    const now = at(1_234_567_890);
    const step = 41_152_263;
    for (const [offset, expected] of [
      [-60, null],
      [-30, step - 1],
      [0, step],
      [30, step + 1],
      [60, null],
    ] as const) {
      const code = await totpCode(SECRET, at(1_234_567_890 + offset));
      expect(await totp.matchingStep(SECRET, code, now)).toBe(expected);
    }
  });

  it.each(['', '12345', '1234567', '12345a', '١٢٣٤٥٦', ' 123456'])('do not match %j', async (code) => {
    expect(await totp.matchingStep(SECRET, code, at(59))).toBeNull();
  });

  it('are enrolled by an otpauth address and its QR code', async () => {
    const secret = totp.newSecret();
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    const { uri, qrCodeSvg } = await totp.describe(secret, 'ada');
    const address = new URL(uri);
    expect(address.protocol).toBe('otpauth:');
    expect(decodeURIComponent(address.pathname)).toContain('Tollgate:ada');
    expect(address.searchParams.get('secret')).toBe(secret);
    expect(address.searchParams.get('issuer')).toBe('Tollgate');
    expect(qrCodeSvg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
  });
});
