import { randomInt } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type ServiceName, type SubgraphName, serviceNames, subgraphNames } from '../../../platform/kernel/services.js';
import { freePort, startProgram } from '../../support/program.js';
import type { DebianPostgres } from '../support/startDebianPostgres.js';

/** The two machines that each service runs on. */
export const machines = ['a', 'b'] as const;
/** See machines. */
export type Machine = (typeof machines)[number];

/** Where each service listens on each machine: addresses of loopback stand for machines. */
export type Places = Readonly<
  Record<ServiceName, { readonly port: number; readonly host: Readonly<Record<Machine, string>> }>
>;

/** Addresses that nobody else has, and free ports. */
export async function servicePlaces(): Promise<Places> {
  const network = `127.${randomInt(10, 250)}.${randomInt(10, 250)}`;
  const places = serviceNames.map(async (service, index) => {
    const host = { a: `${network}.${10 + index}`, b: `${network}.${30 + index}` };
    return [service, { port: await freePort(), host }] as const;
  });
  return Object.fromEntries(await Promise.all(places)) as Places;
}

/** host:port of a process. */
export const placeOf = (places: Places, service: ServiceName, machine: Machine): string =>
  `${places[service].host[machine]}:${places[service].port}`;

/** What all processes are told alike. */
interface Common {
  /** Below it everything stands. */
  readonly folder: string;
  readonly places: Places;
  readonly postgres: DebianPostgres;
  /** The addresses that clients know. */
  readonly publicUrls: Readonly<Record<'gateway' | 'accounting' | 'storage', string>>;
}

/** A process' own data folder. */
export const homeOf = (folder: string, service: string, machine: Machine): string =>
  join(folder, machine, service, 'home');

/** What replicas of one service can all reach. */
const shared = (folder: string, ...path: string[]): string => join(folder, 'shared', ...path);

/**
 * Has `tollgate init` make an installation of six machines, copies the folder of each to both replicas, and adds what an
 * operator adds: databases, replicas, what they share.
 * @returns the certificate of the authority
 */
export async function makeHomes(common: Common): Promise<string> {
  const { folder, places, publicUrls } = common;
  const center = join(folder, 'center');
  const hosts = serviceNames.map((service) => `${service}=${placeOf(places, service, 'a')}+${places[service].host.b}`);
  const words = ['init', '--output', center, '--url', publicUrls.gateway, '--hosts', hosts.join(',')];
  const init = startProgram(words, {});
  if ((await init.ended).code !== 0) throw new Error(init.output());
  await mkdir(shared(folder), { mode: 0o700 });
  for (const service of serviceNames) {
    for (const machine of machines) {
      const home = homeOf(folder, service, machine);
      await cp(join(center, 'machines', places[service].host.a), home, { recursive: true });
      const file = join(home, 'tollgate.yaml');
      const made = (parse(await readFile(file, 'utf8')) ?? {}) as Configuration;
      await writeFile(file, stringify(completed(made, service, machine, common)), { mode: 0o600 });
    }
  }
  return join(center, 'ca', 'ca.pem');
}

type Section = Record<string, unknown>;
type Configuration = Record<string, Section | null>;

function completed(made: Configuration, service: ServiceName, machine: Machine, common: Common): Configuration {
  const { places } = common;
  const configuration: Configuration = {
    ...made,
    general: {
      ...made['general'],
      host: places[service].host[machine],
      drainSeconds: 5,
      trustedProxies: ['127.0.0.1'],
    },
  };
  for (const peer of subgraphNames) {
    const urls = machines.map((at) => `https://${placeOf(places, peer, at)}`);
    configuration[peer] = { ...configuration[peer], url: urls.join(',') };
  }
  const own = service === 'gateway' ? {} : ofSubgraph(service, common);
  configuration[service] = { ...configuration[service], ...own };
  return configuration;
}

function ofSubgraph(service: SubgraphName, { folder, postgres, publicUrls }: Common): Section {
  const { appUrl, ownerUrl } = postgres.urls(service);
  const own: Readonly<Record<SubgraphName, Section>> = {
    identity: { keyEncryptionKeyFile: shared(folder, 'identity', 'key-encryption.key') },
    access: {},
    accounting: {
      publicUrl: publicUrls.accounting,
      receiptKeysFile: shared(folder, 'accounting', 'receipts.jwks'),
    },
    storage: {
      publicUrl: publicUrls.storage,
      objectsFolder: shared(folder, 'storage', 'objects'),
      keysFolder: shared(folder, 'storage', 'keys'),
    },
    compute: { sealingKeyFile: shared(folder, 'compute', 'sealing.key') },
  };
  return { databaseUrl: appUrl, migrationUrl: ownerUrl, ...own[service] };
}
