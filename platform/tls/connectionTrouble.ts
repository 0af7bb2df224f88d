import type { ServiceName } from '../kernel/services.js';
import { WRONG_SERVICE } from './peerTrouble.js';

/** Where a connection went to. */
interface Called {
  readonly peer: ServiceName;
  readonly origin: string;
  /** The authorities that were trusted there. */
  readonly caFile: string;
}

/**
 * What is wrong with the TLS of a connection, for the operator: a sentence with cause and remedy.
 * @returns null where TLS is not what is wrong
 */
export function connectionTrouble(error: unknown, { peer, origin, caFile }: Called): string | null {
  const { hostname } = new URL(origin);
  const where = `${peer} at ${origin}`;
  switch (codeOf(error)) {
    case 'CERT_HAS_EXPIRED':
      return `The certificate of ${where} has expired by this machine's clock; renew it ("tollgate init --renew"), or set the clock.`;
    case 'CERT_NOT_YET_VALID':
      return `The certificate of ${where} is not good yet by this machine's clock; set the clock that is wrong.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of ${where} does not name ${hostname}; correct ${peer.toUpperCase()}_URL, or make a certificate with that name.`;
    case WRONG_SERVICE:
      return `What answers at ${origin} is not ${peer} by its certificate; correct ${peer.toUpperCase()}_URL.`;
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE':
      return `The certificate of ${where} is not signed by an authority in ${caFile}; use certificates and authority of one "tollgate init".`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION':
    case 'EPROTO':
      return `What answers at ${origin} does not speak TLS; give ${peer} a certificate there, or correct ${peer.toUpperCase()}_URL.`;
    default:
      return null;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
