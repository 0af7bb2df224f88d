import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { serviceNames } from '../../platform/kernel/services.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { certificatePaths, type InstallationRecord, installationPaths } from './installation.js';

/**
 * What the machines trust, by the files that it belongs into: the authority, and the one that comes or goes, where there is one.
 * @param authorities in the place of those that stand in the installation
 * @throws ServiceStartError where a machine's folder is missing
 */
export async function trustedFiles(
  folder: string,
  { places }: InstallationRecord,
  authorities?: readonly string[],
): Promise<readonly (readonly [path: string, pem: string])[]> {
  const pem = (authorities ?? (await standing(folder))).join('');
  const files = serviceNames.map(
    (service) => certificatePaths(installationPaths(folder).machine(places[service].host), service).authority,
  );
  for (const file of files) await requireFolder(dirname(file));
  return [...new Set(files)].map((file) => [file, pem]);
}

/** A folder that was moved to its machine is not made anew, as one without configuration and keys. */
async function requireFolder(tls: string): Promise<void> {
  if ((await stat(tls).catch(() => null))?.isDirectory() === true) return;
  throw new ServiceStartError(
    `${tls} is not there; copy the machine's folder back (its tls/ is enough, empty or not) and renew again. Nothing was changed.`,
  );
}

async function standing(folder: string): Promise<readonly string[]> {
  const { authorityCertificate, nextCertificate, previousCertificate } = installationPaths(folder);
  const present = await readFile(authorityCertificate, 'utf8');
  const others = [await readIfThere(nextCertificate), await readIfThere(previousCertificate)];
  return [...new Set([present, ...others.filter((pem) => pem !== null)])];
}

/** null: it is not there. */
export async function readIfThere(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
