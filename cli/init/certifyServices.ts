import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type ServiceName, serviceNames } from '../../platform/kernel/services.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { serviceCertificateName } from '../../platform/tls/serviceCertificateName.js';
import type { CertifiedKey } from './authority.js';
import type { ServicePlace } from './hosts.js';
import { certificatePaths, type InstallationRecord, installationPaths } from './installation.js';
import { CLOCK_SLACK_MS } from './newAuthority.js';
import { replaceFiles } from './replaceFiles.js';
import { trustedFiles } from './trustedFiles.js';

const DAY_MS = 24 * 3_600_000;

/** On the machine itself, for probes and commands. */
const OWN_NAMES = ['localhost', '127.0.0.1', '::1'];

/** From when and for how long certificates are good; never longer than the authority. */
export interface CertificateTimes {
  readonly now: Date;
  readonly days: number;
}

/**
 * Makes keys and certificates of all services with the installation's authority, over those that are there. All or none.
 * @throws ServiceStartError where the authority cannot be read, or has ended, or a machine's folder is missing; what the file
 * system refuses
 */
export async function certifyServices(
  folder: string,
  record: InstallationRecord,
  times: CertificateTimes,
): Promise<void> {
  const { authorityKey, authorityCertificate } = installationPaths(folder);
  const authority = await readAuthority({ key: authorityKey, certificate: authorityCertificate }, times.now);
  const files = await certificateFiles({ folder, record, authority, times });
  await replaceFiles(new Map([...files, ...(await trustedFiles(folder, record))]));
}

/**
 * New keys and certificates of all services, by the files that they belong into. Nothing is written: what cannot be made leaves
 * nothing half renewed.
 */
export async function certificateFiles(wish: {
  readonly folder: string;
  readonly record: InstallationRecord;
  readonly authority: CertifiedKey;
  readonly times: CertificateTimes;
}): Promise<readonly (readonly [path: string, pem: string])[]> {
  const { folder, authority } = wish;
  const { places } = wish.record;
  const { now, days } = wish.times;
  const { validTo: end } = new X509Certificate(authority.certificatePem);
  const validTo = new Date(Math.min(now.getTime() + days * DAY_MS, Date.parse(end)));
  const { certify } = await import('./authority.js');
  const files: [path: string, pem: string][] = [];
  for (const service of serviceNames) {
    const { host } = places[service];
    const paths = certificatePaths(installationPaths(folder).machine(host), service);
    const { keyPem, certificatePem } = await certify(authority, {
      commonName: service,
      names: namesOf(service, places[service]),
      validFrom: new Date(now.getTime() - CLOCK_SLACK_MS),
      validTo,
    });
    files.push([paths.key, keyPem], [paths.certificate, certificatePem]);
  }
  return files;
}

const namesOf = (service: ServiceName, { host, names }: ServicePlace): readonly string[] => [
  ...new Set([host, ...names, ...OWN_NAMES, serviceCertificateName(service)]),
];

/** Reads an authority that signs. @throws ServiceStartError where it cannot be read, or has ended */
export async function readAuthority(
  files: { readonly key: string; readonly certificate: string },
  now: Date,
): Promise<CertifiedKey> {
  const read = (file: string): Promise<string> =>
    readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new ServiceStartError(
        `${file} cannot be read (${error.code}); certificates are signed with it, put it back.`,
      );
    });
  const authority = { keyPem: await read(files.key), certificatePem: await read(files.certificate) };
  const { validTo } = new X509Certificate(authority.certificatePem);
  if (now.getTime() > Date.parse(validTo)) {
    throw new ServiceStartError(
      `The authority in ${files.certificate} ended at ${new Date(validTo).toISOString()}; make another with "tollgate init --new-authority begin", or set the clock.`,
    );
  }
  return authority;
}
