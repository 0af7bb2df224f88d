import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificateWish, certify, makeAuthority } from '../../cli/init/authority.js';
import type { ServiceName } from '../../platform/kernel/services.js';
import type { CertificateFiles } from '../../platform/tls/certificateFiles.js';
import { serviceCertificateName } from '../../platform/tls/serviceCertificateName.js';

const DAY_MS = 24 * 3_600_000;

/** What is not as usual about a certificate. */
interface Oddity extends Partial<CertificateWish> {
  /** Which service it is of; null: none. */
  readonly of?: ServiceName | null;
}

/** An authority of a test's own, in a folder that is thrown away. */
export interface PrivateAuthority {
  readonly folder: string;
  /** Makes a service's certificate for the loopback address, good from yesterday on for three months, over an earlier one. */
  issue(service: ServiceName, oddity?: Oddity): Promise<CertificateFiles>;
  remove(): Promise<void>;
}

/** Makes an authority. */
export async function makePrivateAuthority(): Promise<PrivateAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-tls-'));
  const times = { validFrom: new Date(Date.now() - DAY_MS), validTo: new Date(Date.now() + 90 * DAY_MS) };
  const authority = await makeAuthority({ commonName: 'Test', ...times });
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.certificatePem);
  return {
    folder,
    async issue(service, { of = service, ...odd } = {}) {
      const names = [
        ...(odd.names ?? ['localhost', '127.0.0.1']),
        ...(of === null ? [] : [serviceCertificateName(of)]),
      ];
      const made = await certify(authority, { commonName: service, ...times, ...odd, names });
      const files = {
        certificateFile: join(folder, `${service}.pem`),
        keyFile: join(folder, `${service}.key.pem`),
        caFile,
      };
      await writeFile(files.keyFile, made.keyPem);
      await writeFile(files.certificateFile, made.certificatePem);
      return files;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
