import { loadServiceKeys } from '../platform/auth/serviceKeys.js';
import type { ServiceName } from '../platform/kernel/services.js';
import { chooseAddress } from '../platform/peers/peerAddresses.js';
import { announcedUrl } from '../platform/server/runDirectory.js';
import type { DatabaseUrls, ServiceSettings } from '../platform/server/settings.js';
import type { Environment } from './environment.js';
import type { ServiceTransport } from './serviceTls.js';

/**
 * What a service is started with.
 * @param database its own database's addresses; the gateway has none
 * @param transport its certificate, opened; absent: plain HTTP on loopback, with nothing told
 */
export async function serviceSettings<Name extends ServiceName>(
  environment: Environment,
  service: Name,
  database: DatabaseUrls,
  transport?: ServiceTransport,
): Promise<ServiceSettings & { readonly service: Name }> {
  const { home, host, gatewayPort } = environment;
  const tls = transport?.tls ?? null;
  const gatewayUrl = `${tls === null ? 'http' : 'https'}://${host}:${gatewayPort}`;
  return {
    service,
    home,
    host,
    port: portOf(environment, service),
    variables: environment.variables,
    issuer: environment.issuer ?? gatewayUrl,
    gatewayUrl: async () => environment.issuer ?? (gatewayPort === 0 ? announcedUrl(home, 'gateway') : gatewayUrl),
    database,
    stopping: transport?.stopping,
    peerUrl: async (target) => {
      const addresses = environment.peerUrls[target];
      return addresses === undefined ? announcedUrl(home, target) : chooseAddress(addresses);
    },
    keys: {
      ...(await loadServiceKeys(home, service, environment.publicKeyFiles, environment.keyFiles[service])),
      ...(tls === null ? {} : { tls }),
      ...(transport === undefined ? {} : { tell: transport.tell }),
    },
  };
}

const portOf = ({ gatewayPort, ports }: Environment, service: ServiceName): number =>
  service === 'gateway' ? gatewayPort : ports[service];
