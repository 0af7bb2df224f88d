import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import { peerTrouble } from '../platform/tls/peerTrouble.js';
import type { Environment } from './environment.js';
import { authorityFileOf } from './serviceTls.js';

/**
 * How commands reach services with TLS: they trust the installation's private authority beside public ones and those of
 * NODE_EXTRA_CA_CERTS, since the gateway may have a public name and certificate.
 * @returns undefined where there is no private authority: Node's own trust counts
 * @throws ServiceStartError where a file cannot be read
 */
export async function gatewayTrust(
  environment: Pick<Environment, 'home' | 'caFile' | 'variables'>,
): Promise<Dispatcher | undefined> {
  const file = authorityFileOf(environment);
  if (file === null) return undefined;
  const others = environment.variables['NODE_EXTRA_CA_CERTS'] || null;
  const files = [file, ...(others === null ? [] : [others])];
  const ca = [...rootCertificates, ...(await Promise.all(files.map(read)))];
  return new Agent({
    connect: { ca, checkServerIdentity: (host, certificate) => peerTrouble(null, host, certificate) },
  });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ServiceStartError(`${file} cannot be read (${code}); make it readable for this user.`);
  }
}
