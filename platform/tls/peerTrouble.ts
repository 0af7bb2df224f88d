import { X509Certificate } from 'node:crypto';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { isLoopbackHost } from '../kernel/loopback.js';
import { type ServiceName, serviceNames } from '../kernel/services.js';
import { isCertificateOf } from './serviceCertificateName.js';

/** Another service's certificate where one was called: the code of the error that ends the connection. */
export const WRONG_SERVICE = 'TOLLGATE_WRONG_SERVICE';

/**
 * What is wrong with the certificate that answers, once it is known who signed it: it must name the host, and be the service's.
 * On loopback the host says nothing of who answers, since every machine has one: there it is the service alone.
 * @param peer who was called; null: whoever has the host's certificate, such as a proxy in front, or any service on loopback
 */
export function peerTrouble(peer: ServiceName | null, host: string, certificate: PeerCertificate): Error | undefined {
  const otherHost = checkServerIdentity(host, certificate);
  if (peer === null && otherHost === undefined) return undefined;
  if (otherHost !== undefined && !isLoopbackHost(host)) return otherHost;
  const shown = new X509Certificate(certificate.raw);
  const wanted = peer === null ? serviceNames : [peer];
  if (wanted.some((service) => isCertificateOf(shown, service))) return undefined;
  const error = new Error(`the certificate is not that of ${peer ?? 'a service'}`);
  return Object.assign(error, { code: WRONG_SERVICE });
}
