import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isLoopbackHost } from '../platform/kernel/loopback.js';
import { peersOf, type ServiceName } from '../platform/kernel/services.js';
import { makeLogger } from '../platform/server/log.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import type { CertificateFiles } from '../platform/tls/certificateFiles.js';
import { openServiceTls, type ServiceTls } from '../platform/tls/serviceTls.js';
import { tellSparingly } from '../platform/tls/tellSparingly.js';
import type { Environment } from './environment.js';

/** Every address of this machine: no certificate names them all. */
const WILDCARDS = new Set(['0.0.0.0', '::']);

/** What a service is hosted with beside its settings, opened before anything starts. */
export interface ServiceTransport {
  /** null: plain HTTP, on loopback. */
  readonly tls: ServiceTls | null;
  /** Tells the operator what stands between services. */
  tell(sentence: string): void;
  /** Fires when the service shall end, while it starts already. */
  readonly stopping?: AbortSignal | undefined;
}

/**
 * Opens a service's certificate: the one that is set, or the one in `tls/` of the data folder.
 * @throws ServiceStartError where it is needed and missing (beyond loopback), or no good
 */
export async function openTransport(
  environment: Environment,
  service: ServiceName,
  stopping?: AbortSignal,
): Promise<ServiceTransport> {
  const tell = tellSparingly(makeLogger(service, environment.logLevel));
  const files = certificateFilesOf(environment, service);
  if (files === null) {
    refusePlain(environment, service);
    return { tls: null, tell, stopping };
  }
  const rules = { service, hosts: hostsOf(environment, service) };
  return { tls: await openServiceTls({ files, rules, tell }), tell, stopping };
}

/** Where a service's certificate is: as it is set, or where `tollgate init` puts it; null where there is none. */
function certificateFilesOf(environment: Environment, service: ServiceName): CertificateFiles | null {
  const { home, caFile } = environment;
  const named = environment.certificateFiles[service];
  const usual = join(home, 'tls', `${service}.pem`);
  if (named === undefined && !existsSync(usual)) return null;
  return {
    certificateFile: named?.certificateFile ?? usual,
    keyFile: named?.keyFile ?? join(home, 'tls', `${service}.key.pem`),
    caFile: caFile ?? join(home, 'tls', 'ca.pem'),
  };
}

/** Where the private authority's certificates are: as it is set, or where `tollgate init` puts them; null: there is none. */
export function authorityFileOf({ home, caFile }: Pick<Environment, 'home' | 'caFile'>): string | null {
  const usual = join(home, 'tls', 'ca.pem');
  return caFile ?? (existsSync(usual) ? usual : null);
}

function refusePlain(environment: Environment, service: ServiceName): void {
  const { host } = environment;
  const remedy = `give ${service} a certificate ("tollgate init", ${service.toUpperCase()}_CERTIFICATE_FILE)`;
  if (!isLoopbackHost(host)) {
    throw new ServiceStartError(
      `TOLLGATE_HOST ${host} is beyond loopback, where plain HTTP can be read and changed on its way; ${remedy}, or listen on 127.0.0.1.`,
    );
  }
  const peer = peersOf[service].find((name) => environment.peerUrls[name]?.some(isHttps) === true);
  if (peer !== undefined) {
    throw new ServiceStartError(
      `${peer.toUpperCase()}_URL is https, where ${peer} takes calls from services with a certificate alone; ${remedy}.`,
    );
  }
}

/** Under which hosts other machines look for it. */
function hostsOf({ host, peerUrls, gatewayUrl }: Environment, service: ServiceName): readonly string[] {
  const named = gatewayUrl === null ? [] : [gatewayUrl];
  const urls = service === 'gateway' ? named : (peerUrls[service] ?? []);
  const hosts = [host, ...urls.filter(isHttps).map((url) => new URL(url).hostname)];
  return hosts.filter((one) => !WILDCARDS.has(one) && !isLoopbackHost(one));
}

const isHttps = (url: string): boolean => url.startsWith('https:');
