/** What is wrong with the TLS of a connection, in one word. */
type CertificateFault = 'expired' | 'notYetGood' | 'otherName' | 'untrusted' | 'noTls';

/** OpenSSL's and Node's codes. */
const FAULTS: Readonly<Record<string, CertificateFault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'notYetGood',
  ERR_TLS_CERT_ALTNAME_INVALID: 'otherName',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  ERR_SSL_WRONG_VERSION_NUMBER: 'noTls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'noTls',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'noTls',
  EPROTO: 'noTls',
};

/** What an error's code says of certificate and TLS; null where it says nothing of them. */
export const certificateFaultOf = (code: unknown): CertificateFault | null =>
  typeof code === 'string' && Object.hasOwn(FAULTS, code) ? (FAULTS[code] ?? null) : null;
