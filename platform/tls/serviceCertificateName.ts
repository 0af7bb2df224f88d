import type { X509Certificate } from 'node:crypto';
import type { ServiceName } from '../kernel/services.js';

/**
 * What a certificate calls a service by, beside the hosts it runs on: a DNS name below `internal`, which no public name server
 * gives out and no public authority signs. Hosts alone would not do: two services may share one.
 */
export const serviceCertificateName = (service: ServiceName): string => `${service}.tollgate.internal`;

/** Whether a certificate was made for a service. A wildcard is for none: it would be for all. */
export const isCertificateOf = (certificate: X509Certificate, service: ServiceName): boolean =>
  certificate.checkHost(serviceCertificateName(service), { subject: 'never', wildcards: false }) !== undefined;
