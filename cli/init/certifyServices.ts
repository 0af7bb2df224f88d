import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ServiceName, serviceNames } from '../../platform/kernel/services.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { serviceCertificateName } from '../../platform/tls/serviceCertificateName.js';
import type { CertifiedKey } from './authority.js';
import type { ServicePlace } from './hosts.js';
import { certificatePaths, type InstallationRecord, installationPaths } from './installation.js';
import { replaceFiles } from './replaceFiles.js';

/** Clocks of machines differ: what is made now is good a little earlier. */
export const CLOCK_SLACK_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;

/** On the machine itself, for probes and commands. */
const OWN_NAMES = ['localhost', '127.0.0.1', '::1'];

/**
 * Makes keys and certificates of all services with the installation's authority, over those that are there.
 * @param days how long they are good; never longer than the authority
 * @throws ServiceStartError where the authority cannot be read, or has ended, or a machine's folder is missing; what the file
 * system refuses
 */
export async function certifyServices(
  folder: string,
  { places }: InstallationRecord,
  { now, days }: { readonly now: Date; readonly days: number },
): Promise<void> {
  const authority = await readAuthority(folder, now);
  const { validTo: end } = new X509Certificate(authority.certificatePem);
  const validTo = new Date(Math.min(now.getTime() + days * DAY_MS, Date.parse(end)));
  const { certify } = await import('./authority.js');
  // All in memory before the first is written: what cannot be made leaves nothing half renewed.
  const files: [path: string, pem: string][] = [];
  for (const service of serviceNames) {
    const { host } = places[service];
    const paths = certificatePaths(installationPaths(folder).machine(host), service);
    await requireFolder(dirname(paths.key));
    const { keyPem, certificatePem } = await certify(authority, {
      commonName: service,
      names: namesOf(service, places[service]),
      validFrom: new Date(now.getTime() - CLOCK_SLACK_MS),
      validTo,
    });
    files.push([paths.key, keyPem], [paths.certificate, certificatePem], [paths.authority, authority.certificatePem]);
  }
  await replaceFiles(new Map(files));
}

/** A folder that was moved to its machine is not made anew, as one without configuration and keys. */
async function requireFolder(tls: string): Promise<void> {
  if ((await stat(tls).catch(() => null))?.isDirectory() === true) return;
  throw new ServiceStartError(
    `${tls} is not there; copy the machine's folder back (its tls/ is enough, empty or not) and renew again. Nothing was changed.`,
  );
}

const namesOf = (service: ServiceName, { host, names }: ServicePlace): readonly string[] => [
  ...new Set([host, ...names, ...OWN_NAMES, serviceCertificateName(service)]),
];

async function readAuthority(folder: string, now: Date): Promise<CertifiedKey> {
  const { authorityKey, authorityCertificate } = installationPaths(folder);
  const read = (file: string): Promise<string> =>
    readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new ServiceStartError(
        `${file} cannot be read (${error.code}); certificates are signed with it, put it back.`,
      );
    });
  const authority = { keyPem: await read(authorityKey), certificatePem: await read(authorityCertificate) };
  const { validTo } = new X509Certificate(authority.certificatePem);
  if (now.getTime() > Date.parse(validTo)) {
    throw new ServiceStartError(
      `The authority in ${authorityCertificate} ended at ${new Date(validTo).toISOString()}; make a new one with "tollgate init" into another folder, or set the clock.`,
    );
  }
  return authority;
}
