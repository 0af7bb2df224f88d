import type { ServiceName } from '../kernel/services.js';
import { certificateFaultOf } from './certificateFault.js';
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
  const code = codeOf(error);
  if (code === WRONG_SERVICE) {
    return `What answers at ${origin} is not ${peer} by its certificate; correct ${peer.toUpperCase()}_URL.`;
  }
  switch (certificateFaultOf(code)) {
    case 'expired':
      return `The certificate of ${where} has expired by this machine's clock; renew it ("tollgate init --renew"), or set the clock.`;
    case 'notYetGood':
      return `The certificate of ${where} is not good yet by this machine's clock; set the clock that is wrong.`;
    case 'otherName':
      return `The certificate of ${where} does not name ${hostname}; correct ${peer.toUpperCase()}_URL, or make a certificate with that name.`;
    case 'untrusted':
      return `The certificate of ${where} is not signed by an authority in ${caFile}; use certificates and authority of one "tollgate init".`;
    case 'noTls':
      return `What answers at ${origin} does not speak TLS; give ${peer} a certificate there, or correct ${peer.toUpperCase()}_URL.`;
    default:
      return null;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
