import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type ServiceName, serviceNames } from '../kernel/services.js';
import { isCertificateOf } from './serviceCertificateName.js';
import type { ServiceTls } from './serviceTls.js';

/** What the certificate of a connection is: it does not change while the connection lives. */
interface ShownCertificate {
  readonly certificate: X509Certificate | undefined;
  readonly services: readonly ServiceName[];
  readonly endsAtMs: number;
}

const shown = new WeakMap<Socket, ShownCertificate>();

/**
 * Why a call on this connection is not the caller's own, by the certificate that was shown on it; null where it is.
 * @param caller whom the call says it is of; null: not known yet, any service of the installation will do
 * @param now which authorities are trusted by now: a connection can outlive the trust that it was made under
 */
export function certificateTrouble(
  socket: Socket,
  caller: ServiceName | null,
  now: Pick<ServiceTls, 'isTrusted'>,
): string | null {
  if (!(socket instanceof TLSSocket)) return 'the connection is not encrypted';
  const { certificate, services, endsAtMs } = shown.get(socket) ?? look(socket);
  // A connection can outlive the certificate.
  if (endsAtMs < Date.now()) return 'its certificate has expired';
  if (!socket.authorized) {
    return endsAtMs === Number.POSITIVE_INFINITY
      ? 'it came without a certificate'
      : `its certificate is not taken (${String(socket.authorizationError)})`;
  }
  if (certificate !== undefined && !now.isTrusted(certificate)) return 'its authority is not trusted any more';
  if (services.length === 0) return 'its certificate is that of no service';
  if (caller === null || services.includes(caller)) return null;
  return `its certificate is that of ${services.join(' and ')}`;
}

function look(socket: TLSSocket): ShownCertificate {
  const certificate = socket.getPeerX509Certificate();
  const found: ShownCertificate = {
    certificate,
    services: certificate === undefined ? [] : serviceNames.filter((name) => isCertificateOf(certificate, name)),
    endsAtMs: certificate === undefined ? Number.POSITIVE_INFINITY : Date.parse(certificate.validTo),
  };
  shown.set(socket, found);
  return found;
}
