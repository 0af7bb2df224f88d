import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isLoopbackHost } from '../kernel/loopback.js';
import { certificateFaultOf } from '../tls/certificateFault.js';

/** Parameters of an address that name files of certificates and keys. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * What is wrong with how a database is reached, as the end of a sentence about its address; null where nothing is. Beyond
 * loopback and the machine's own sockets the server must prove who it is: `sslmode=verify-full`, against `sslrootcert` where a
 * private authority signed its certificate. Nothing of the answer is a secret.
 * @param url postgresql://user:password@host:port/database?parameters
 */
export function databaseAddressTrouble(url: string): string | null {
  const { hostname, searchParams } = new URL(url);
  // As pg reads it: a host among the parameters goes before.
  const host = decodeURIComponent(searchParams.getAll('host').at(-1) ?? hostname);
  if (host === '') return 'names no host; write localhost where it is this machine';
  if (!isOnThisMachine(host)) {
    const modes = searchParams.getAll('sslmode');
    if (modes.length === 0 || modes.some((mode) => mode !== 'verify-full')) {
      return `leads to ${host}, beyond loopback, where it must say sslmode=verify-full: without it others can read what goes there, or answer in its place; add "?sslmode=verify-full&sslrootcert=/path/to/ca.pem"`;
    }
  }
  return null;
}

/**
 * What is wrong with the files of certificates and keys that a database's address names, as the end of a sentence about it; null
 * where nothing is. The address may be checked on another machine than they are on.
 */
export function databaseFilesTrouble(url: string): string | null {
  const { searchParams } = new URL(url);
  for (const name of FILES) {
    const file = searchParams.getAll(name).at(-1);
    const trouble = file === undefined ? null : fileTrouble(file, name === 'sslrootcert');
    if (trouble !== null) return `names ${file} as ${name}, which ${trouble}`;
  }
  return null;
}

/** Loopback, or a socket in a folder of this machine. */
const isOnThisMachine = (host: string): boolean => host.startsWith('/') || isLoopbackHost(host);

function fileTrouble(file: string, isCertificate: boolean): string | null {
  try {
    const text = readFileSync(file, 'utf8');
    if (isCertificate) new X509Certificate(text);
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT') return 'is not there; correct the path, or copy it there';
    return /^E[A-Z]+$/.test(code)
      ? `cannot be read (${code}); make it readable for this user`
      : 'holds no certificate in PEM; copy it again';
  }
}

/**
 * What is wrong with the TLS of a database's connection, as a sentence for the operator.
 * @returns null where TLS is not what is wrong
 */
export function databaseConnectionTrouble(error: unknown, url: string): string | null {
  const { hostname, port, pathname } = new URL(url);
  const where = `The certificate of the database server at ${hostname}${port === '' ? '' : `:${port}`} (${pathname.slice(1)})`;
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: '' };
  switch (certificateFaultOf(code)) {
    case 'expired':
      return `${where} has expired by this machine's clock; renew it there, or set the clock.`;
    case 'notYetGood':
      return `${where} is not good yet by this machine's clock; set the clock that is wrong.`;
    case 'otherName':
      return `${where} does not name ${hostname}; write the name that it has into the address, or make one with this name.`;
    case 'untrusted':
      return `${where} is not signed by an authority that is trusted; name the authority's file in the address (sslrootcert=/path/to/ca.pem).`;
    default:
      return message === 'The server does not support SSL connections'
        ? `The database server at ${hostname} does not speak TLS; switch it on there (ssl = on).`
        : null;
  }
}
