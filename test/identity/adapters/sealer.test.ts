import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toKeyEncryptionKey } from '../../../subgraphs/identity/adapters/keyEncryptionKeys.js';
import { sealer } from '../../../subgraphs/identity/adapters/sealer.js';

const freshKey = () => toKeyEncryptionKey(randomBytes(32));
const [older, newer] = [freshKey(), freshKey()];
const { seal, open } = sealer({ keys: [older] });

describe('sealed values', () => {
  it('open for their purpose', () => {
    const sealed = seal('JBSWY3DPEHPK3PXP', 'totp:usr_1');
    expect(Buffer.from(sealed).includes('JBSWY3DP')).toBe(false);
    expect(open(sealed, 'totp:usr_1')).toBe('JBSWY3DPEHPK3PXP');
  });

  it('do not open for another purpose, with another key, or changed in any byte', () => {
    const sealed = seal('secret', 'totp:usr_1');
    expect(() => open(sealed, 'totp:usr_2')).toThrow();
    expect(() => sealer({ keys: [newer] }).open(sealed, 'totp:usr_1')).toThrow('is gone');
    for (const index of sealed.keys()) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => open(changed, 'totp:usr_1')).toThrow();
    }
    for (const length of [0, 5, 20]) expect(() => open(sealed.subarray(0, length), 'totp:usr_1')).toThrow();
  });

  it('are sealed with the newest key and open with each that there is', () => {
    const both = sealer({ keys: [newer, older] });
    expect(both.open(seal('from before', 'p'), 'p')).toBe('from before');
    const sealed = both.seal('from now', 'p');
    expect(sealer({ keys: [newer] }).open(sealed, 'p')).toBe('from now');
    expect(() => open(sealed, 'p')).toThrow('is gone');
    expect(() => sealer({ keys: [] }).seal('x', 'p')).toThrow('no key');
    expect(() => sealer({ keys: [] }).open(sealed, 'p')).toThrow();
  });

  it('from before they named their key open with the oldest', () => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', older.bytes, nonce).setAAD(Buffer.from('p'));
    const text = Buffer.concat([cipher.update('old form', 'utf8'), cipher.final()]);
    const sealed = Buffer.concat([Uint8Array.of(1), nonce, cipher.getAuthTag(), text]);
    expect(sealer({ keys: [newer, older] }).open(sealed, 'p')).toBe('old form');
  });
});
