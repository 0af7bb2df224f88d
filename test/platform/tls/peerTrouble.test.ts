import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peerTrouble, WRONG_SERVICE } from '../../../platform/tls/peerTrouble.js';
import { makePrivateAuthority, type PrivateAuthority } from '../../support/privateAuthority.js';

const OTHER_HOST = 'ERR_TLS_CERT_ALTNAME_INVALID';

describe('the certificate that answers', () => {
  let authority: PrivateAuthority;
  let shown: PeerCertificate;
  let nobody: PeerCertificate;
  let proxy: PeerCertificate;
  beforeAll(async () => {
    authority = await makePrivateAuthority();
    const read = async (file: string) => new X509Certificate(await readFile(file)).toLegacyObject();
    shown = await read((await authority.issue('identity', { names: ['host3', '192.0.2.1'] })).certificateFile);
    nobody = await read((await authority.issue('identity', { names: ['host3'], of: null })).certificateFile);
    proxy = await read((await authority.issue('gateway', { names: ['localhost'], of: null })).certificateFile);
  });
  afterAll(() => authority.remove());

  it.each([
    ['identity', 'host3', undefined],
    ['identity', '192.0.2.1', undefined],
    ['identity', 'host4', OTHER_HOST],
    ['identity', '192.0.2.2', OTHER_HOST],
    ['access', 'host3', WRONG_SERVICE],
    ['access', 'host4', OTHER_HOST],
    // What answers on loopback is on this machine: its names are for others.
    ['identity', '127.0.0.1', undefined],
    ['identity', 'localhost', undefined],
    ['access', '127.0.0.1', WRONG_SERVICE],
    [null, '127.0.0.1', undefined],
    [null, 'host3', undefined],
    [null, 'host4', OTHER_HOST],
  ] as const)('for %s at %s: %s', (peer, host, code) => {
    expect(peerTrouble(peer, host, shown)).toEqual(code === undefined ? undefined : expect.objectContaining({ code }));
  });

  it('of no service is for none, and on loopback not for commands either', () => {
    expect(peerTrouble('identity', 'host3', nobody)).toMatchObject({ code: WRONG_SERVICE });
    expect(peerTrouble(null, '127.0.0.1', nobody)).toMatchObject({ code: WRONG_SERVICE });
    expect(peerTrouble(null, 'host3', nobody)).toBeUndefined();
  });

  it('of a proxy in front is for commands under its name, also on loopback, and for no service', () => {
    expect(peerTrouble(null, 'localhost', proxy)).toBeUndefined();
    expect(peerTrouble('gateway', 'localhost', proxy)).toMatchObject({ code: WRONG_SERVICE });
  });
});
