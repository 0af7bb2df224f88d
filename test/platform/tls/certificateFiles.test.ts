import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CertificateFiles, readCertificateFiles } from '../../../platform/tls/certificateFiles.js';
import { makePrivateAuthority, type PrivateAuthority } from '../../support/privateAuthority.js';

const rules = { service: 'identity', hosts: ['localhost', '127.0.0.1'], now: new Date() } as const;
const readText = (file: string): Promise<string> => readFile(file, 'utf8');
const HOUR_MS = 3_600_000;
const before = new Date(Date.now() - HOUR_MS);
const later = new Date(Date.now() + HOUR_MS);

describe("a service's certificate", () => {
  let authority: PrivateAuthority;
  let files: CertificateFiles;
  beforeEach(async () => {
    authority = await makePrivateAuthority();
    files = await authority.issue('identity');
  });
  afterEach(() => authority.remove());

  const refused = async (expected: RegExp, its: CertificateFiles = files, hosts: readonly string[] = rules.hosts) => {
    const error = await readCertificateFiles(its, { ...rules, hosts }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    const { message } = error as Error;
    expect(message).toMatch(expected);
    // One sentence, with the file, and nothing of the key.
    expect(message).toMatch(/^[^\n]+; [^\n]+\.$/);
    expect(message).toContain(authority.folder);
    expect(message).not.toContain('BEGIN');
  };

  it('is taken with its key and authority, and tells when the first of them ends', async () => {
    const material = await readCertificateFiles(files, rules);
    expect(material.cert).toContain('BEGIN CERTIFICATE');
    expect(material.endsAt.getTime()).toBeGreaterThan(later.getTime());
  });

  it('is refused when it has expired', async () => {
    files = await authority.issue('identity', { validTo: before });
    await refused(
      /^The certificate in .*identity\.pem ended at \S+Z and this machine's clock says \S+Z; renew it by .* or set the clock/,
    );
  });

  it('is refused when it is not good yet, which is a clock that is wrong', async () => {
    files = await authority.issue('identity', { validFrom: later });
    await refused(
      /^The certificate in .*identity\.pem is good from \S+Z on and this machine's clock says \S+Z; set the clock/,
    );
  });

  it('is refused for another host than those it is found under', async () => {
    files = await authority.issue('identity', { names: ['host3', '192.0.2.1'] });
    await readCertificateFiles(files, { ...rules, hosts: ['host3', '192.0.2.1'] });
    await refused(/identity\.pem does not name host4, where identity is found; correct/, files, ['host3', 'host4']);
    await refused(/identity\.pem does not name 192\.0\.2\.2, where/, files, ['192.0.2.2']);
  });

  it('is refused for another service, and with a wildcard', async () => {
    files = await authority.issue('identity', { of: 'access' });
    await refused(
      /identity\.pem is not one of the identity service: it lacks the name identity\.tollgate\.internal; name the file/,
    );
    files = await authority.issue('identity', { of: null, names: ['localhost', '127.0.0.1', '*.tollgate.internal'] });
    await refused(/is not one of the identity service/);
  });

  it('is refused with the key of another', async () => {
    const { keyFile } = await authority.issue('access');
    await copyFile(keyFile, files.keyFile);
    await refused(
      /^The key in .*identity\.key\.pem is not that of the certificate in .*identity\.pem; copy both again/,
    );
  });

  it('is refused under an authority that did not sign it', async () => {
    const other = await makePrivateAuthority();
    const { caFile } = await other.issue('identity');
    await refused(/identity\.pem is not signed by an authority in .*ca\.pem; copy both/, { ...files, caFile });
    // Where the old authority goes and a new one comes, a file has both.
    const both = join(authority.folder, 'both.pem');
    await writeFile(both, `${await readText(caFile)}${await readText(files.caFile)}`);
    await readCertificateFiles({ ...files, caFile: both }, rules);
    await other.remove();
  });

  it('is refused when a file is missing, cannot be read or is something else', async () => {
    await rm(files.keyFile);
    await refused(
      /^\S+identity\.key\.pem cannot be read \(ENOENT\); copy it from the folder that "tollgate init" made/,
    );
    await writeFile(files.keyFile, 'nonsense');
    await refused(/identity\.key\.pem holds no private key in PEM without a password; copy it again/);
    await writeFile(files.certificateFile, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    files = { ...files, keyFile: (await authority.issue('access')).keyFile };
    await refused(/identity\.pem holds no certificate in PEM/);
    await refused(/cannot be read \(EISDIR\); make it readable for this user/, {
      ...files,
      certificateFile: authority.folder,
    });
  });
});
