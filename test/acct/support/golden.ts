import type { AcctMap } from '../../../acct/document/value.js';

/** A token that the Python tool made. */
export const golden = {
  key: 'YeckEnWEGOjBDVxxytw13AsdLgquzhCtFHOs7kDsna8=',
  seconds: 1_600_000_000n,
  iv: Uint8Array.from({ length: 16 }, (_, index) => index),
  yaml: 'provider:\n  profile_name:\n    username: alice\n    password: s3cr3t\n    port: 8080\n    tls: true\n',
  document: new Map([
    [
      'provider',
      new Map([
        [
          'profile_name',
          new Map<string, string | bigint | boolean>([
            ['username', 'alice'],
            ['password', 's3cr3t'],
            ['port', 8080n],
            ['tls', true],
          ]),
        ],
      ]),
    ],
  ]) as AcctMap,
  token:
    'gAAAAABfXhAAAAECAwQFBgcICQoLDA0ODzjZeHc_ETm3s2JH2rG_2mNeZkpl-bfwexaoeMl_mfZDoLzkHGcqCQNlv1GYnZ3bh1EUkZWtrgtjMNIpAH-j1k1r1fXdLr2eu66rf9Z2sX0vmok570AQYfRCTFrzCWp6mY9_-vgjInGqsIlwh2rfzRc=',
} as const;
