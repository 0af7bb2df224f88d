import { isIPv6 } from 'node:net';
import { isLoopbackHost } from '../../platform/kernel/loopback.js';
import { type ServiceName, serviceNames } from '../../platform/kernel/services.js';
import { configurationText } from '../configuration/firstConfiguration.js';
import type { ServicePlace, ServicePlaces } from './hosts.js';

const headOf = (
  host: string,
  services: readonly ServiceName[],
): string => `# Tollgate's configuration of ${host}: ${services.join(', ')}. Made by "tollgate init".
# It belongs, with keys/ and tls/ beside it, into the data folder of that machine. Take the # away from a line to set it, and start
# Tollgate again. A variable of the environment, named in brackets, goes over the file; an option of the command line over both.
# Where databaseUrl is not set, "tollgate start database ${services.join(' ')}" uses an embedded database on the machine.
`;

/** The address under which others call a service. */
export const addressOf = ({ host, port }: ServicePlace): string =>
  `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;

/**
 * The configuration file of one machine.
 * @param publicUrl the address that clients know the gateway by; the issuer of tokens
 */
export function machineConfiguration(
  places: ServicePlaces,
  {
    host,
    services,
    publicUrl,
  }: { readonly host: string; readonly services: readonly ServiceName[]; readonly publicUrl: string },
): string {
  const values = new Map<string, string>();
  // Not the host itself: a name may lead to an address that the machine has behind a translation.
  const everywhere = isIPv6(host) ? '::' : '0.0.0.0';
  values.set('general.host', JSON.stringify(isLoopbackHost(host) ? host : everywhere));
  values.set('identity.issuer', JSON.stringify(publicUrl));
  // Those of one machine find each other in its data folder, and stay on its loopback. The controller may run without the gateway.
  for (const service of serviceNames) {
    if (service === 'gateway' || !services.includes(service))
      values.set(`${service}.url`, JSON.stringify(addressOf(places[service])));
  }
  for (const service of services) values.set(`${service}.port`, String(places[service].port));
  // Signed links and streams go there without the gateway.
  for (const service of ['accounting', 'storage'] as const) {
    if (services.includes(service)) values.set(`${service}.publicUrl`, JSON.stringify(addressOf(places[service])));
  }
  const sections = new Set<string>(['general', 'logging', ...services]);
  return configurationText(
    headOf(host, services),
    values,
    ({ key }) => sections.has(key.split('.')[0] ?? '') && key !== 'general.home',
  );
}
