import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServiceName } from '../../platform/kernel/services.js';
import { certificatePaths, type InstallationRecord, installationPaths, machinesOf } from './installation.js';
import { addressOf } from './machineConfiguration.js';

/** What `tollgate init` made, for programs. */
export interface InstallationReport {
  readonly folder: string;
  readonly authority: { readonly certificateFile: string; readonly keyFile: string; readonly endsAt: string };
  readonly machines: readonly {
    readonly host: string;
    /** What is copied to the machine, as its data folder. */
    readonly folder: string;
    readonly services: readonly {
      readonly name: ServiceName;
      readonly url: string;
      readonly certificateFile: string;
      readonly endsAt: string;
    }[];
  }[];
}

/** Reads what was made from its files. */
export async function reportOf(folder: string, { places }: InstallationRecord): Promise<InstallationReport> {
  const paths = installationPaths(folder);
  const machines = [...machinesOf(places)].map(async ([host, services]) => ({
    host,
    folder: paths.machine(host),
    services: await Promise.all(
      services.map(async (name) => {
        const { certificate } = certificatePaths(paths.machine(host), name);
        return { name, url: addressOf(places[name]), certificateFile: certificate, endsAt: await endOf(certificate) };
      }),
    ),
  }));
  return {
    folder,
    authority: {
      certificateFile: paths.authorityCertificate,
      keyFile: paths.authorityKey,
      endsAt: await endOf(paths.authorityCertificate),
    },
    machines: await Promise.all(machines),
  };
}

const endOf = async (file: string): Promise<string> =>
  new Date(new X509Certificate(await readFile(file)).validTo).toISOString();

/** What was done, as the first line tells it. */
const HEADS = {
  made: 'Made an authority, keys, certificates and configurations',
  renewed: 'Renewed the certificates',
  begin: 'Began a new authority, trusted beside the one that signed the certificates',
  switch: 'Made certificates with the new authority, the one before being trusted, too,',
  end: 'Ended the authority before; the new one alone is trusted, and signed the certificates',
} as const;
const TAKEN = 'Running services take them within half a minute, without a restart.';

/** The same for a terminal, with what to do next. @param done what was */
export function reportText(report: InstallationReport, done: keyof typeof HEADS): string {
  const { folder, machines } = report;
  const ends = machines[0]?.services[0]?.endsAt.slice(0, 10);
  const lines = machines.map((machine) => {
    const names = machine.services.map(({ name }) => name).join(' ');
    return done === 'made'
      ? `  ${machine.folder} to ${machine.host}, as the data folder; then: tollgate start ${names}`
      : `  ${machine.folder}/tls to ${machine.host}, over what is there`;
  });
  return `${HEADS[done]} in ${folder}, good until ${ends}.\n\nCopy\n\n${lines.join('\n')}\n\n${nextOf(report, done)}\n`;
}

function nextOf({ folder, authority }: InstallationReport, done: keyof typeof HEADS): string {
  const then = (step: string): string =>
    `${TAKEN} When all machines have them: tollgate init --new-authority ${step} --output ${folder}`;
  switch (done) {
    case 'made':
      return `Without databaseUrl in a tollgate.yaml, start "database" there, too. ${authority.keyFile} signs certificates that all services
trust: keep it, and keep it off the machines. Renew before the end: tollgate init --renew --output ${folder}`;
    case 'begin':
      return `${then('switch')}\nRestart before that whatever else trusts ca.pem, such as the controller.`;
    case 'switch':
      return then('end');
    case 'end':
    case 'renewed':
      return TAKEN;
  }
}
