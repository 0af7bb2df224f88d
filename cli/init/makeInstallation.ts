import { randomBytes } from 'node:crypto';
import { copyFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { writeFileAtomically } from '../../platform/kernel/files.js';
import { HomeFolderError, makeHomeFolder } from '../../platform/kernel/homeFolder.js';
import { serviceNames } from '../../platform/kernel/services.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { certifyServices } from './certifyServices.js';
import { type InstallationRecord, installationPaths, machinesOf } from './installation.js';
import { machineConfiguration } from './machineConfiguration.js';
import { newAuthority } from './newAuthority.js';

/** There is something in the folder already. */
export class FolderTakenError extends ServiceStartError {}

/**
 * Makes an installation's folder: a private authority, certificates and keys of all services, and for each machine the folder
 * that is copied to it. All of it or nothing: it is made beside its place and moved there.
 * @throws FolderTakenError where something is there; ServiceStartError where it cannot be made
 */
export async function makeInstallation(
  folder: string,
  record: InstallationRecord,
  { now, days }: { readonly now: Date; readonly days: number },
): Promise<void> {
  const target = resolve(folder);
  await refuseTaken(target);
  const making = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    await fill(making, record, { now, days });
    await rename(making, target);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    if (error instanceof HomeFolderError) throw new ServiceStartError(error.message, { cause: error });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') throw taken(target);
    if (code !== undefined)
      throw new ServiceStartError(`${dirname(target)} cannot be written (${code}); choose another --output.`);
    throw error;
  }
}

async function refuseTaken(target: string): Promise<void> {
  try {
    if ((await readdir(target)).length > 0) throw taken(target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTDIR') throw taken(target);
    if (code !== 'ENOENT') throw error;
  }
}

const taken = (target: string): FolderTakenError =>
  new FolderTakenError(
    `${target} has something in it, which stays as it is; choose another --output, or renew its certificates with --renew.`,
  );

async function fill(
  folder: string,
  record: InstallationRecord,
  { now, days }: { readonly now: Date; readonly days: number },
): Promise<void> {
  const paths = installationPaths(folder);
  const authority = await newAuthority(now);
  await makeFolder(paths.authorityFolder);
  await writeFileAtomically(paths.authorityKey, authority.keyPem, 0o600);
  await writeFileAtomically(paths.authorityCertificate, authority.certificatePem, 0o600);
  await writeFileAtomically(paths.record, `${JSON.stringify(record, null, 2)}\n`, 0o600);
  const { places, publicUrl } = record;
  for (const [host, services] of machinesOf(places)) {
    const machine = paths.machine(host);
    await makeFolder(join(machine, 'tls'));
    const configuration = machineConfiguration(places, { host, services, publicUrl });
    await writeFileAtomically(join(machine, 'tollgate.yaml'), configuration, 0o600);
    for (const service of services) await loadServiceKeys(machine, service);
  }
  await sharePublicKeys(paths.machine, record);
  await certifyServices(folder, record, { now, days });
}

/** Each machine gets the public keys of all services, and no private one of another. */
async function sharePublicKeys(machineOf: (host: string) => string, { places }: InstallationRecord): Promise<void> {
  const publicKeyOf = (host: string, service: string): string => join(machineOf(host), 'keys', service, 'public.jwk');
  for (const service of serviceNames) {
    const own = places[service].host;
    for (const host of machinesOf(places).keys()) {
      if (host === own) continue;
      await makeFolder(dirname(publicKeyOf(host, service)));
      await copyFile(publicKeyOf(own, service), publicKeyOf(host, service));
    }
  }
}

const makeFolder = (path: string): Promise<readonly string[]> => makeHomeFolder(path, 0o700, '--output');
