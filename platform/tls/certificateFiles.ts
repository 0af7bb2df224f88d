import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ServiceName } from '../kernel/services.js';
import { ServiceStartError } from '../server/runDirectory.js';
import { isCertificateOf, serviceCertificateName } from './serviceCertificateName.js';

/** Where a service's certificate (with those between it and the authority, if any), its key and the authorities are: PEM. */
export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** What the files hold, checked. */
export interface CertificateMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** When the first of certificate and authorities ends. */
  readonly endsAt: Date;
}

/** What a certificate is checked against. */
export interface CertificateRules {
  readonly service: ServiceName;
  /** Hosts under which the service is found: the certificate must name each. */
  readonly hosts: readonly string[];
  readonly now: Date;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const RENEW = '"tollgate init --renew"';

/**
 * Reads a service's certificate, key and authorities, and checks that they belong together and are good now.
 * @throws ServiceStartError: one sentence with the cause, the file and the remedy; nothing of the key
 */
export async function readCertificateFiles(
  files: CertificateFiles,
  { service, hosts, now }: CertificateRules,
): Promise<CertificateMaterial> {
  const { certificateFile, keyFile, caFile } = files;
  const [cert, key, ca] = [await read(certificateFile), await read(keyFile), await read(caFile)];
  const [leaf, ...between] = certificatesOf(cert, certificateFile);
  const authorities = certificatesOf(ca, caFile);
  if (!leaf.checkPrivateKey(privateKeyOf(key, keyFile))) {
    throw refusal(`The key in ${keyFile} is not that of the certificate in ${certificateFile}`, 'copy both again');
  }
  refuseOutOfTime(leaf, certificateFile, now, RENEW);
  if (!isSigned(leaf, between, authorities)) {
    throw refusal(
      `The certificate in ${certificateFile} is not signed by an authority in ${caFile}`,
      'copy both from one run of "tollgate init"',
    );
  }
  for (const authority of authorities) refuseOutOfTime(authority, caFile, now, '"tollgate init" into a new folder');
  if (!isCertificateOf(leaf, service)) {
    throw refusal(
      `The certificate in ${certificateFile} is not one of the ${service} service: it lacks the name ${serviceCertificateName(service)}`,
      `name the file of ${service}`,
    );
  }
  const unnamed = hosts.find((host) => !namesHost(leaf, host));
  if (unnamed !== undefined) {
    throw refusal(
      `The certificate in ${certificateFile} does not name ${unnamed}, where ${service} is found`,
      'correct TOLLGATE_HOST or the address, or make a certificate with that name',
    );
  }
  const ends = [leaf, ...authorities].map(({ validTo }) => Date.parse(validTo));
  return { cert, key, ca, endsAt: new Date(Math.min(...ends)) };
}

/** Whether a certificate names a host: a DNS name, or an address as a DNS name cannot. */
function namesHost(certificate: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const named = isIP(bare) === 0 ? certificate.checkHost(bare, { subject: 'never' }) : certificate.checkIP(bare);
  return named !== undefined;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw refusal(
      `${file} cannot be read (${code})`,
      code === 'ENOENT' ? 'copy it from the folder that "tollgate init" made' : 'make it readable for this user',
    );
  }
}

/** The certificates of a file, the first one first. */
function certificatesOf(pem: string, file: string): [X509Certificate, ...X509Certificate[]] {
  try {
    const [first, ...others] = (pem.match(PEM_CERTIFICATE) ?? []).map((text) => new X509Certificate(text));
    if (first !== undefined) return [first, ...others];
  } catch {
    // Told below: the library's words are about its own insides.
  }
  throw refusal(`${file} holds no certificate in PEM`, 'copy it again');
}

function privateKeyOf(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw refusal(`${file} holds no private key in PEM without a password`, 'copy it again');
  }
}

function refuseOutOfTime(certificate: X509Certificate, file: string, now: Date, renewal: string): void {
  const { validFrom, validTo } = certificate;
  const clock = `this machine's clock says ${now.toISOString()}`;
  if (now.getTime() > Date.parse(validTo)) {
    throw refusal(
      `The certificate in ${file} ended at ${iso(validTo)} and ${clock}`,
      `renew it by ${renewal}, or set the clock`,
    );
  }
  if (now.getTime() < Date.parse(validFrom)) {
    throw refusal(
      `The certificate in ${file} is good from ${iso(validFrom)} on and ${clock}`,
      'set the clock, or wait until then',
    );
  }
}

const iso = (date: string): string => new Date(date).toISOString();

/** Whether a certificate that was shown on a connection, with those that came with it, leads to one of the authorities. */
export function isSignedBy(certificate: X509Certificate, { ca }: Pick<CertificateMaterial, 'ca'>): boolean {
  const between: X509Certificate[] = [];
  for (let above = certificate.issuerCertificate; above !== undefined; above = above.issuerCertificate)
    between.push(above);
  return isSigned(certificate, between, certificatesOf(ca, 'memory'));
}

/** Whether certificates lead from this one to an authority, each signed by the next. */
function isSigned(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): boolean {
  const isBy = (issuer: X509Certificate): boolean =>
    certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  if (authorities.some(isBy)) return true;
  const issuer = between.find(isBy);
  if (issuer === undefined || !issuer.ca) return false;
  // Without it, so that certificates that sign each other are not followed for ever.
  return isSigned(
    issuer,
    between.filter((other) => other !== issuer),
    authorities,
  );
}

const refusal = (cause: string, remedy: string): ServiceStartError => new ServiceStartError(`${cause}; ${remedy}.`);
