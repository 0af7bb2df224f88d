import { isIP } from 'node:net';
import { type ServiceName, serviceNames } from '../../platform/kernel/services.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { nearest } from '../configuration/nearest.js';

/** Where a service of an installation runs and is found. */
export interface ServicePlace {
  /** A host name or an IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Further names and addresses that its certificate must have, such as a balancer's. */
  readonly names: readonly string[];
}

/** Where each service is. */
export type ServicePlaces = Readonly<Record<ServiceName, ServicePlace>>;

/** The ports that services have where none is said. */
const PORTS: Readonly<Record<ServiceName, number>> = {
  gateway: 4000,
  identity: 4001,
  accounting: 4002,
  storage: 4003,
  compute: 4004,
  access: 4005,
};
const PORT_MAX = 65_535;
const NAME_MAX = 253;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const PLACE = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;
const FORM = 'SERVICE=HOST[:PORT][+NAME...]';

/**
 * Reads where the services are: `identity=id.example.org,accounting=10.0.0.5:4100+usage.example.org,...`, each of the six once.
 * @throws ServiceStartError with the part that is wrong and what it must be
 */
export function parseHosts(text: string): ServicePlaces {
  const places = new Map<ServiceName, ServicePlace>();
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const [word = '', rest] = part.split('=', 2);
    const service = serviceNames.find((name) => name === word);
    if (service === undefined) {
      const near = nearest(word, serviceNames);
      throw refusal(`there is no service "${word}"${near === null ? '' : `; did you mean ${near}`}`);
    }
    if (rest === undefined) throw refusal(`"${part}" names no host; write ${FORM}`);
    if (places.has(service)) throw refusal(`${service} is named twice; its replicas' hosts are names behind a +`);
    places.set(service, parsePlace(service, rest));
  }
  const missing = serviceNames.filter((name) => !places.has(name));
  if (missing.length > 0) throw refusal(`${missing.join(', ')} must have a host, too`);
  refuseSharedPorts(places);
  return Object.fromEntries(places) as Record<ServiceName, ServicePlace>;
}

function parsePlace(service: ServiceName, text: string): ServicePlace {
  const [first = '', ...names] = text.split('+');
  const [, host, port] = PLACE.exec(first) ?? [];
  if (host === undefined) throw refusal(`"${first}" is no host; an IPv6 address stands in brackets`);
  const number = port === undefined ? PORTS[service] : Number(port);
  if (number < 1 || number > PORT_MAX) throw refusal(`${service} has the port ${port}; it must be 1 to ${PORT_MAX}`);
  return { host: checkedHost(host), port: number, names: names.map(checkedHost) };
}

/** A host as certificates name it: in lower case, IPv6 without brackets. */
function checkedHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (host === '0.0.0.0' || host === '::') throw refusal(`${host} is no address that others can call`);
  if (isIP(host) !== 0) return host;
  const labels = host.split('.');
  // What ends in a number is read as an IPv4 address, and was none.
  const isName = labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
  if (!isName || host.length > NAME_MAX) throw refusal(`"${text}" is no host name and no IP address`);
  return host;
}

function refuseSharedPorts(places: ReadonlyMap<ServiceName, ServicePlace>): void {
  const taken = new Map<string, ServiceName>();
  for (const [service, { host, port }] of places) {
    const place = `${host} ${port}`;
    const other = taken.get(place);
    if (other !== undefined) throw refusal(`${other} and ${service} cannot both have port ${port} of ${host}`);
    taken.set(place, service);
  }
}

const refusal = (cause: string): ServiceStartError => new ServiceStartError(`--hosts: ${cause}.`);
