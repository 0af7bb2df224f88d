import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AcctError } from '../../../acct/acctError.js';
import { aesgcm256 } from '../../../acct/crypto/aesgcm256.js';
import { fernet, sealFernet } from '../../../acct/crypto/fernet.js';
import type { CryptoPlugin } from '../../../acct/crypto/plugin.js';
import { encodeMsgpack } from '../../../acct/document/msgpack/encode.js';
import { open, seal } from '../../../acct/sealed.js';
import { document } from '../support/arbitraries.js';
import { codeOf } from '../support/codeOf.js';
import { golden } from '../support/golden.js';

describe('the golden token of the Python tool', () => {
  it('is made, byte for byte', () => {
    expect(Buffer.from(sealFernet(encodeMsgpack(golden.document), golden.key, golden)).toString('latin1')).toBe(
      golden.token,
    );
  });

  it('is opened', () => {
    expect(open(Buffer.from(golden.token), [golden.key], fernet)).toEqual(golden.document);
    expect(open(Buffer.from(`${golden.token}\n`), [golden.key], fernet)).toEqual(golden.document);
  });
});

describe.each([fernet, aesgcm256])('$name', (plugin) => {
  const key = plugin.generateKey();
  const other = plugin.generateKey();
  const sealed = seal(golden.document, key, plugin);

  it('brings any document back', () => {
    fc.assert(
      fc.property(document, (given) => {
        expect(open(seal(given, key, plugin), [key], plugin)).toStrictEqual(given);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses any altered byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const altered = Uint8Array.from(sealed);
        altered[at] = (altered[at] ?? 0) ^ mask;
        expect(await codeOf(() => open(altered, [key], plugin))).toMatch(
          /^(FILE_ALTERED|NOT_ENCRYPTED|FILE_TRUNCATED|KEY_WRONG)/,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('refuses any cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), async (length) => {
        expect(await codeOf(() => open(sealed.subarray(0, length), [key], plugin))).toMatch(
          /^(FILE_TRUNCATED|FILE_ALTERED|NOT_ENCRYPTED|KEY_WRONG)/,
        );
      }),
    );
  });

  it('tells a wrong key from an altered file and a cut one', async () => {
    expect(await codeOf(() => open(sealed, [other], plugin))).toBe('KEY_WRONG: The key does not open this file.');
    expect(await codeOf(() => open(sealed, [other, plugin.generateKey()], plugin))).toBe(
      'KEY_WRONG: None of the 2 keys opens this file.',
    );
    const middle = Uint8Array.from(sealed);
    const at = Math.floor(sealed.length / 2);
    middle[at] = middle[at] === 0x41 ? 0x42 : 0x41;
    expect(await codeOf(() => open(middle, [key], plugin))).toMatch(/^FILE_ALTERED/);
    expect(await codeOf(() => open(sealed.subarray(0, 10), [key], plugin))).toMatch(/^FILE_TRUNCATED/);
    expect(await codeOf(() => open(new Uint8Array(), [key], plugin))).toMatch(/^FILE_TRUNCATED/);
    expect(await codeOf(() => open(Buffer.from(golden.yaml), [key], plugin))).toMatch(/^NOT_ENCRYPTED/);
  });

  it('opens with any of several keys, and asks for one', async () => {
    expect(open(sealed, [other, key], plugin)).toEqual(golden.document);
    expect(await codeOf(() => open(sealed, [], plugin))).toMatch(/^KEY_MISSING/);
  });

  it('tries every key, also after one whose refusal is a wrong guess', async () => {
    const guessing: CryptoPlugin = {
      ...plugin,
      decrypt: (bytes, given) => {
        if (given === other) throw new AcctError('FILE_ALTERED', 'a wrong guess');
        return plugin.decrypt(bytes, given);
      },
    };
    expect(open(sealed, [other, key], guessing)).toEqual(golden.document);
    expect(await codeOf(() => open(sealed, [plugin.generateKey(), other], guessing))).toBe(
      'FILE_ALTERED: a wrong guess',
    );
  });

  it('refuses a malformed key, and says which, without quoting it', async () => {
    for (const bad of ['', 'x', key.slice(1), `${key}=`, `${key.slice(0, -2)}!=`, ` ${key}`]) {
      expect(await codeOf(() => open(sealed, [bad], plugin))).toMatch(/^KEY_MALFORMED: An? .* key is 44 characters/);
    }
    const said = await codeOf(() => open(sealed, [key, 'secretive'], plugin));
    expect(said).toMatch(/^KEY_MALFORMED: Key 2 of 2: /);
    expect(said).not.toContain('secretive');
  });

  it('never makes the same file twice', () => {
    expect(seal(golden.document, key, plugin)).not.toEqual(sealed);
    expect(plugin.generateKey()).toMatch(/^.{43}=$/);
  });
});
