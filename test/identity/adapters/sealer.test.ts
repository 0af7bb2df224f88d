import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sealer } from '../../../subgraphs/identity/adapters/sealer.js';

const { seal, open } = sealer(randomBytes(32));

describe('sealed values', () => {
  it('open for their purpose', () => {
    const sealed = seal('JBSWY3DPEHPK3PXP', 'totp:usr_1');
    expect(Buffer.from(sealed).includes('JBSWY3DP')).toBe(false);
    expect(open(sealed, 'totp:usr_1')).toBe('JBSWY3DPEHPK3PXP');
  });

  it('do not open for another purpose, with another key, or changed in any byte', () => {
    const sealed = seal('secret', 'totp:usr_1');
    expect(() => open(sealed, 'totp:usr_2')).toThrow();
    expect(() => sealer(randomBytes(32)).open(sealed, 'totp:usr_1')).toThrow();
    for (const index of sealed.keys()) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => open(changed, 'totp:usr_1')).toThrow();
    }
    expect(() => open(sealed.subarray(0, 20), 'totp:usr_1')).toThrow('not a sealed value');
  });
});
