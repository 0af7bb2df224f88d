import type { FastifyRequest } from 'fastify';
import { assertionInvalid } from '../auth/assertion.js';
import type { ServiceKeys } from '../auth/serviceKeys.js';
import type { ServiceName } from '../kernel/services.js';
import { certificateTrouble } from '../tls/clientCertificate.js';

/**
 * With TLS, sees to it that a call in a service's name comes on a connection with that service's certificate, and tells the
 * operator where it does not.
 * @param caller who signed the call's assertion; null: not known yet, any service of the installation will do
 * @throws Fault ASSERTION_INVALID
 */
export function requireCertificate(request: FastifyRequest, keys: ServiceKeys, caller: ServiceName | null): void {
  if (keys.tls === undefined) return;
  const trouble = certificateTrouble(request.raw.socket, caller, keys.tls);
  if (trouble === null) return;
  const what = caller === null ? 'that is for services alone' : `in the name of ${caller}`;
  keys.tell?.(`A call ${what} is refused: ${trouble}.`);
  throw assertionInvalid();
}
