import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A private key and its certificate, as files. */
export interface KeyPair {
  readonly keyFile: string;
  readonly certificateFile: string;
}

const pair = (path: string): KeyPair => ({ keyFile: `${path}.key`, certificateFile: `${path}.pem` });
const openssl = async (...words: string[]): Promise<void> => void (await run('openssl', words));

/** An authority of a test's own. */
export async function makeAuthority(path: string): Promise<KeyPair> {
  const authority = pair(path);
  const made = ['-keyout', authority.keyFile, '-out', authority.certificateFile];
  await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Test CA', ...made);
  return authority;
}

/** A server's certificate that the authority signed: for the loopback address, for another name, or over since yesterday. */
export async function certificate(
  authority: KeyPair,
  path: string,
  kind: 'valid' | 'otherName' | 'expired',
): Promise<KeyPair> {
  const server = pair(path);
  const names = kind === 'otherName' ? 'DNS:elsewhere.example.org' : 'DNS:localhost,IP:127.0.0.1';
  await writeFile(`${path}.ext`, `subjectAltName=${names}\n`);
  await openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=server',
    '-keyout',
    server.keyFile,
    '-out',
    `${path}.csr`,
  );
  const signed = [
    '-in',
    `${path}.csr`,
    '-CA',
    authority.certificateFile,
    '-CAkey',
    authority.keyFile,
    '-CAcreateserial',
  ];
  // A negative lifetime is how openssl makes one that is over already.
  const days = kind === 'expired' ? '-1' : '2';
  await openssl('x509', '-req', ...signed, '-days', days, '-out', server.certificateFile, '-extfile', `${path}.ext`);
  return server;
}
