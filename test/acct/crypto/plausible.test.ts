import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { looksLikeDocument } from '../../../acct/crypto/plausible.js';
import { encodeMsgpack } from '../../../acct/document/msgpack/encode.js';
import { golden } from '../support/golden.js';

const RUNS = 2000;

describe('looksLikeDocument', () => {
  it('sees a document in which two blocks are damaged', () => {
    const plain = Buffer.from(encodeMsgpack(golden.document));
    const seen = Array.from({ length: RUNS }, () => {
      const damaged = Buffer.from(plain);
      randomBytes(32).copy(damaged, 32);
      return looksLikeDocument(damaged);
    });
    expect(seen.filter((found) => !found)).toHaveLength(0);
  });

  it('sees none in chance, whatever its length', () => {
    for (const length of [0, 16, 80, 1000]) {
      const seen = Array.from({ length: RUNS }, () => looksLikeDocument(randomBytes(length)));
      expect(seen.filter((found) => found).length).toBeLessThan(RUNS / 100);
    }
  });
});
