import { describe, expect, it } from 'vitest';
import { connectionTrouble } from '../../../platform/tls/connectionTrouble.js';
import { WRONG_SERVICE } from '../../../platform/tls/peerTrouble.js';

const called = { peer: 'storage', origin: 'https://host3:4003', caFile: '/srv/tls/ca.pem' } as const;
const failed = (code: string): Error => Object.assign(new Error('the library’s own words'), { code });

describe('what is wrong with a connection', () => {
  it.each([
    [
      'CERT_HAS_EXPIRED',
      'The certificate of storage at https://host3:4003 has expired by this machine\'s clock; renew it ("tollgate init --renew"), or set the clock.',
    ],
    [
      'CERT_NOT_YET_VALID',
      "The certificate of storage at https://host3:4003 is not good yet by this machine's clock; set the clock that is wrong.",
    ],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'The certificate of storage at https://host3:4003 does not name host3; correct STORAGE_URL, or make a certificate with that name.',
    ],
    [WRONG_SERVICE, 'What answers at https://host3:4003 is not storage by its certificate; correct STORAGE_URL.'],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'The certificate of storage at https://host3:4003 is not signed by an authority in /srv/tls/ca.pem; use certificates and authority of one "tollgate init".',
    ],
    [
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'What answers at https://host3:4003 does not speak TLS; give storage a certificate there, or correct STORAGE_URL.',
    ],
  ])('is a sentence for %s', (code, sentence) => expect(connectionTrouble(failed(code), called)).toBe(sentence));

  it('is nothing about TLS where the peer is down, or something else is thrown', () => {
    for (const error of [failed('ECONNREFUSED'), failed('UND_ERR_SOCKET'), new Error('?'), 'CERT_HAS_EXPIRED', null]) {
      expect(connectionTrouble(error, called)).toBeNull();
    }
  });
});
