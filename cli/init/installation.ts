import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ServiceName, serviceNames } from '../../platform/kernel/services.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import type { ServicePlaces } from './hosts.js';

/** The folder that `tollgate init` makes: the authority stays in it, `machines/` is copied. */
export const installationPaths = (folder: string) => ({
  /** What was asked for, by which certificates are renewed. */
  record: join(folder, 'installation.json'),
  authorityFolder: join(folder, 'ca'),
  authorityCertificate: join(folder, 'ca', 'ca.pem'),
  authorityKey: join(folder, 'ca', 'ca.key.pem'),
  /** While one authority goes and another comes: the one that will sign, then the one that did. */
  nextCertificate: join(folder, 'ca', 'next.pem'),
  nextKey: join(folder, 'ca', 'next.key.pem'),
  previousCertificate: join(folder, 'ca', 'previous.pem'),
  machine: (host: string) => join(folder, 'machines', host.replaceAll(':', '-')),
});

/** Where a service's certificate is, below the folder of its machine. */
export const certificatePaths = (machine: string, service: ServiceName) => ({
  certificate: join(machine, 'tls', `${service}.pem`),
  key: join(machine, 'tls', `${service}.key.pem`),
  authority: join(machine, 'tls', 'ca.pem'),
});

const place = z.object({ host: z.string(), port: z.number(), names: z.array(z.string()).readonly() });
const recordSchema = z.object({
  publicUrl: z.string(),
  places: z.object({
    identity: place,
    accounting: place,
    storage: place,
    compute: place,
    access: place,
    gateway: place,
  } satisfies Record<ServiceName, typeof place>),
});

/** What an installation was made of. */
export type InstallationRecord = z.infer<typeof recordSchema>;

/** Reads what an installation was made of. @throws ServiceStartError where the folder is none of `tollgate init` */
export async function readInstallation(folder: string): Promise<InstallationRecord> {
  const { record } = installationPaths(folder);
  try {
    return recordSchema.parse(JSON.parse(await readFile(record, 'utf8')));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new ServiceStartError(
      code === undefined
        ? `${record} is not as "tollgate init" wrote it; put it back from a copy.`
        : `${record} cannot be read (${code}); name the folder that "tollgate init" made with --output.`,
    );
  }
}

/** Services by the machine that they run on, in the order of the services. */
export function machinesOf(places: ServicePlaces): ReadonlyMap<string, readonly ServiceName[]> {
  const machines = new Map<string, ServiceName[]>();
  for (const service of serviceNames) {
    const { host } = places[service];
    machines.set(host, [...(machines.get(host) ?? []), service]);
  }
  return machines;
}
