import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { type ServiceName, type SubgraphName, serviceNames, subgraphNames } from '../../../platform/kernel/services.js';
import { freePort } from '../../support/program.js';
import type { DebianPostgres } from '../support/startDebianPostgres.js';

/** The two machines that each service runs on. */
export const machines = ['a', 'b'] as const;
/** See machines. */
export type Machine = (typeof machines)[number];

/** Ports of loopback stand for machines. */
export type Ports = Readonly<Record<ServiceName, Readonly<Record<Machine, number>>>>;

/** Free ports for every process. */
export async function servicePorts(): Promise<Ports> {
  const pairs = serviceNames.map(async (service) => {
    const [a, b] = [await freePort(), await freePort()];
    return [service, { a, b }] as const;
  });
  return Object.fromEntries(await Promise.all(pairs)) as Ports;
}

/** What all processes are told alike. */
export interface Places {
  /** Below it everything stands. */
  readonly folder: string;
  readonly ports: Ports;
  readonly postgres: DebianPostgres;
  /** The addresses that clients know. */
  readonly publicUrls: Readonly<Record<'gateway' | 'accounting' | 'storage', string>>;
}

/** A process' own data folder. */
export const homeOf = (folder: string, service: string, machine: Machine): string =>
  join(folder, machine, service, 'home');

const configurationOf = (folder: string, service: string, machine: Machine): string =>
  join(folder, machine, service, 'tollgate.yaml');

/** What all machines can reach: the keys that replicas share, and the objects. */
const shared = (folder: string, ...path: string[]): string => join(folder, 'shared', ...path);

/**
 * Makes the key pair of each service and a configuration file for each process: its own keys and database, where the others
 * are and how their calls are verified. No process has a file of another service.
 * @returns the file of a process
 */
export async function writeConfigurations(places: Places): Promise<(service: ServiceName, machine: Machine) => string> {
  const { folder } = places;
  for (const service of serviceNames) await loadServiceKeys(shared(folder, service), service);
  for (const service of serviceNames) {
    for (const machine of machines) {
      await mkdir(homeOf(folder, service, machine), { recursive: true, mode: 0o711 });
      const text = stringify(configurationFor(service, machine, places));
      await writeFile(configurationOf(folder, service, machine), text, { mode: 0o600 });
    }
  }
  return (service, machine) => configurationOf(folder, service, machine);
}

type Section = Record<string, unknown>;

function configurationFor(service: ServiceName, machine: Machine, places: Places): Record<string, Section> {
  const { folder, ports, publicUrls } = places;
  const keyOf = (of: ServiceName, half: 'private' | 'public'): string => shared(folder, of, 'keys', of, `${half}.jwk`);
  const sections: Record<string, Section> = {
    general: {
      home: homeOf(folder, service, machine),
      drainSeconds: 5,
      trustedProxies: ['127.0.0.1'],
    },
  };
  for (const name of serviceNames) {
    const url = machines.map((at) => `http://127.0.0.1:${ports[name][at]}`).join(',');
    sections[name] = { publicKeyFile: keyOf(name, 'public'), ...(name === 'gateway' ? {} : { url }) };
  }
  sections['identity'] = { ...sections['identity'], issuer: publicUrls.gateway };
  sections[service] = {
    ...sections[service],
    port: ports[service][machine],
    keyFile: keyOf(service, 'private'),
    ...(subgraphNames.some((name) => name === service) ? ofSubgraph(service as SubgraphName, places) : {}),
  };
  return sections;
}

function ofSubgraph(service: SubgraphName, { folder, postgres, publicUrls }: Places): Section {
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
      keysFolder: shared(folder, 'storage', 'objectKeys'),
    },
    compute: { sealingKeyFile: shared(folder, 'compute', 'sealing.key') },
  };
  return { databaseUrl: appUrl, migrationUrl: ownerUrl, ...own[service] };
}
