import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { SignedTarget } from '../../../subgraphs/storage/domain/signedUrl.js';
import { urlSigner } from '../../../subgraphs/storage/persistence/keys/urlSigner.js';

const key = randomBytes(32);
const signer = urlSigner(
  { current: { number: 1, key }, byNumber: (number) => (number === 1 ? key : null) },
  () => 'http://store.test',
);
const now = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T00:15:00Z');
const bearer = { userId: newId('user'), sessionId: newId('session') };
const targets: SignedTarget[] = [
  { kind: 'part', uploadId: newId('upload'), number: 7, bytes: 5_242_880, bearer },
  { kind: 'version', versionId: newId('version'), bearer },
  { kind: 'jobInput', jobId: newId('job'), versionId: newId('version') },
];
const pathOf = (url: string): string => url.slice('http://store.test'.length);

describe('urlSigner', () => {
  it.each(targets)('gives back what it signed: $kind', (target) => {
    const url = pathOf(signer.sign(target, later));
    const method = target.kind === 'part' ? 'PUT' : 'GET';
    expect(signer.verify(method, url, now)).toEqual(target);
    expect(signer.verify(method, url, later)).toBe('expired');
    expect(signer.verify('HEAD', url, now)).toEqual(target.kind === 'part' ? 'invalid' : target);
    expect(signer.verify(method === 'PUT' ? 'GET' : 'PUT', url, now)).toBe('invalid');
  });

  it.each(targets)(
    'refuses every change of a character and every field left out, added or doubled: $kind',
    (target) => {
      const method = target.kind === 'part' ? 'PUT' : 'GET';
      const url = pathOf(signer.sign(target, later));
      for (let at = 0; at < url.length; at += 1) {
        const other = url[at] === 'a' ? 'b' : 'a';
        const changed = url.slice(0, at) + other + url.slice(at + 1);
        // The last character of base64url carries two bits that mean nothing: the bytes, not the text, are compared.
        const verdict = signer.verify(method, changed, now);
        if (at < url.length - 1) expect(verdict, changed).toBe('invalid');
      }
      const [path = '', query = ''] = url.split('?');
      for (const name of new URLSearchParams(query).keys()) {
        const without = new URLSearchParams(query);
        without.delete(name);
        expect(signer.verify(method, `${path}?${without}`, now), name).toBe('invalid');
        expect(signer.verify(method, `${url}&${name}=${new URLSearchParams(query).get(name)}`, now), name).toBe(
          'invalid',
        );
      }
      expect(signer.verify(method, `${url}&extra=1`, now)).toBe('invalid');
      expect(signer.verify(method, path, now)).toBe('invalid');
      expect(signer.verify(method, `${path}/?${query}`, now)).toBe('invalid');
    },
  );

  it('knows no URL of another key', () => {
    const other = urlSigner({ current: { number: 1, key: randomBytes(32) }, byNumber: () => key }, () => '');
    const [target] = targets;
    if (target !== undefined) expect(signer.verify('PUT', other.sign(target, later), now)).toBe('invalid');
  });
});
