import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMsgpack } from '../../../acct/document/msgpack/decode.js';
import { encodeMsgpack } from '../../../acct/document/msgpack/encode.js';
import type { AcctValue } from '../../../acct/document/value.js';
import { document } from '../support/arbitraries.js';
import { codeOf } from '../support/codeOf.js';

const hex = (value: AcctValue): string => Buffer.from(encodeMsgpack(value)).toString('hex');

describe('msgpack', () => {
  it.each([
    [0n, '00'],
    [127n, '7f'],
    [128n, 'cc80'],
    [8080n, 'cd1f90'],
    [65_536n, 'ce00010000'],
    [2n ** 32n, 'cf0000000100000000'],
    [2n ** 64n - 1n, 'cfffffffffffffffff'],
    [-1n, 'ff'],
    [-32n, 'e0'],
    [-33n, 'd0df'],
    [-129n, 'd1ff7f'],
    [-32_769n, 'd2ffff7fff'],
    [-(2n ** 63n), 'd38000000000000000'],
    [1, 'cb3ff0000000000000'],
    [-0, 'cb8000000000000000'],
    ['é', 'a2c3a9'],
    ['x'.repeat(32), `d920${'78'.repeat(32)}`],
    [Uint8Array.of(1), 'c40101'],
  ])('writes %s as Python does', (value, bytes) => {
    expect(hex(value)).toBe(bytes);
  });

  it('brings any document back as it was, with every integer, float, key and order', () => {
    fc.assert(
      fc.property(document, (given) => {
        expect(decodeMsgpack(encodeMsgpack(given))).toStrictEqual(given);
        expect([...(decodeMsgpack(encodeMsgpack(given)) as typeof given).keys()]).toEqual([...given.keys()]);
      }),
    );
  });

  it('is read by another implementation', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
          fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
        ),
        (given) => {
          const plain = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, Number(value)]));
          expect(decode(encodeMsgpack(new Map(Object.entries(given))), { useBigInt64: false })).toEqual(plain);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    ['ends too early', 'a3616'],
    ['ends too early', '82a161'],
    ['has bytes after its end', 'c0c0'],
    ['unknown type', 'd6ff00000000'],
    ['unknown type', 'c1'],
    ['not UTF-8', 'a1ff'],
    ['names a key twice', '82a161c0a161c0'],
    ['not a plain value', '8190c0'],
    ['ends too early', 'dfffffffff'],
  ])('refuses what %s', async (what, bytes) => {
    expect(
      await codeOf(() => decodeMsgpack(Buffer.from(bytes.slice(0, bytes.length - (bytes.length % 2)), 'hex'))),
    ).toMatch(new RegExp(`^DOCUMENT_INVALID: .*${what}`));
  });

  it('refuses what is too deep, in both directions', async () => {
    let deep: AcctValue = [];
    for (let depth = 0; depth < 200; depth += 1) deep = [deep];
    expect(await codeOf(() => encodeMsgpack(deep))).toMatch(/^LIMIT_EXCEEDED/);
    expect(await codeOf(() => decodeMsgpack(new Uint8Array(10_000).fill(0x91)))).toMatch(/^LIMIT_EXCEEDED/);
  });

  it('refuses integers above 64 bits and text that is no Unicode, and says where', async () => {
    expect(await codeOf(() => encodeMsgpack(new Map([['a', [2n ** 64n]]])))).toBe(
      'VALUE_UNSUPPORTED: The integer at a.0 needs more than 64 bits.',
    );
    expect(await codeOf(() => encodeMsgpack(new Map([['a', '\ud800']])))).toMatch(/^VALUE_UNSUPPORTED: The text at a /);
  });
});
