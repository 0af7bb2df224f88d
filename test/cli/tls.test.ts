import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CertificateFiles } from '../../platform/tls/certificateFiles.js';
import { makePrivateAuthority, type PrivateAuthority } from '../support/privateAuthority.js';
import { freePort, makeHome, startProgram } from '../support/program.js';

const HOUR_MS = 3_600_000;

describe('tollgate start beyond loopback', () => {
  let home: string;
  let remove: () => Promise<void>;
  let authority: PrivateAuthority;

  beforeEach(async () => {
    ({ home, remove } = await makeHome());
    await mkdir(home);
    authority = await makePrivateAuthority();
  });
  afterEach(async () => {
    await remove();
    await authority.remove();
  });

  /** Starts the gateway where it must refuse, and gives what it said: one sentence on one line. */
  const refusalOf = async (environment: Record<string, string>): Promise<string> => {
    const program = startProgram(['start', 'gateway'], { TOLLGATE_HOME: home, TOLLGATE_PORT: '0', ...environment });
    const { code } = await program.ended;
    expect(code, program.output()).toBe(1);
    expect(program.output()).not.toMatch(/\n\s+at /);
    const lines = program
      .output()
      .split('\n')
      .filter((text) => text.startsWith('tollgate: '));
    expect(lines).toHaveLength(1);
    return lines[0] ?? '';
  };
  const certified = ({ certificateFile, keyFile, caFile }: CertificateFiles): Record<string, string> => ({
    GATEWAY_CERTIFICATE_FILE: certificateFile,
    GATEWAY_CERTIFICATE_KEY_FILE: keyFile,
    TOLLGATE_CA_FILE: caFile,
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'host1'])(
    'listens in the clear on loopback alone: not on %s',
    async (host) => {
      expect(await refusalOf({ TOLLGATE_HOST: host })).toBe(
        `tollgate: TOLLGATE_HOST ${host} is beyond loopback, where plain HTTP can be read and changed on its way; give gateway a certificate ("tollgate init", GATEWAY_CERTIFICATE_FILE), or listen on 127.0.0.1.`,
      );
    },
  );

  it.each(['IDENTITY_URL', 'TOLLGATE_URL', 'STORAGE_PUBLIC_URL', 'ACCOUNTING_PUBLIC_URL'])(
    'calls nobody in the clear beyond loopback: %s',
    async (variable) => {
      const refusal = await refusalOf({ [variable]: 'http://host1:4001' });
      expect(refusal).toMatch(
        new RegExp(`^tollgate: ${variable} (is not valid: plain HTTP is for loopback alone|must be an https address)`),
      );
    },
  );

  it('names the line of the file that says so', async () => {
    const file = join(home, 'tollgate.yaml');
    await writeFile(file, 'general:\n  host: 127.0.0.1\nidentity:\n  url: http://host1:4001\n', { mode: 0o600 });
    expect(await refusalOf({})).toMatch(
      `tollgate: identity.url (${file}:4) is not valid: plain HTTP is for loopback alone`,
    );
  });

  it('calls no service with TLS without a certificate of its own', async () => {
    expect(await refusalOf({ STORAGE_URL: 'https://host1:4003' })).toBe(
      'tollgate: STORAGE_URL is https, where storage takes calls from services with a certificate alone; give gateway a certificate ("tollgate init", GATEWAY_CERTIFICATE_FILE).',
    );
  });

  it('reaches no database in the clear', async () => {
    const url = 'postgresql://x:hunter2@db.example.org/x';
    const refusal = await refusalOf({ ACCESS_DATABASE_URL: url, ACCESS_MIGRATION_URL: url });
    expect(refusal).toMatch(
      /^tollgate: ACCESS_DATABASE_URL leads to db\.example\.org, beyond loopback, where it must say sslmode=verify-full/,
    );
    expect(refusal).not.toContain('hunter2');
  });

  it('takes no certificate that is no good', async () => {
    const files = await authority.issue('gateway');
    const good = certified(files);
    expect(await refusalOf({ ...good, TOLLGATE_HOST: 'host1' })).toMatch(
      /^tollgate: The certificate in \S+gateway\.pem does not name host1, where gateway is found; correct TOLLGATE_HOST/,
    );
    expect(await refusalOf({ ...good, TOLLGATE_URL: 'https://host2' })).toMatch(
      /does not name host2, where gateway is found/,
    );
    expect(await refusalOf({ ...good, GATEWAY_CERTIFICATE_KEY_FILE: '' })).toMatch(
      /^tollgate: GATEWAY_CERTIFICATE_FILE and GATEWAY_CERTIFICATE_KEY_FILE go together/,
    );
    expect(
      await refusalOf({ ...good, ...certified(await authority.issue('access')), TOLLGATE_HOST: '0.0.0.0' }),
    ).toMatch(/access\.pem is not one of the gateway service/);
    await authority.issue('gateway', { validTo: new Date(Date.now() - HOUR_MS) });
    expect(await refusalOf(good)).toMatch(/gateway\.pem ended at \S+ and this machine's clock says \S+; renew it/);
    await authority.issue('gateway', { validFrom: new Date(Date.now() + HOUR_MS) });
    expect(await refusalOf(good)).toMatch(
      /gateway\.pem is good from \S+ on and this machine's clock says \S+; set the clock/,
    );
    await rm(files.caFile);
    expect(await refusalOf(good)).toMatch(/ca\.pem cannot be read \(ENOENT\)/);
  });

  it('listens on every address with a certificate, and is asked for its health by commands on the machine', async () => {
    const gateway = startProgram(['start', 'gateway'], {
      TOLLGATE_HOME: home,
      TOLLGATE_HOST: '0.0.0.0',
      TOLLGATE_PORT: String(await freePort()),
      ...certified(await authority.issue('gateway')),
    });
    await gateway.waitFor(/Ready: gateway/);
    const info = startProgram(['info', '--json'], {
      TOLLGATE_HOME: home,
      TOLLGATE_CA_FILE: join(authority.folder, 'ca.pem'),
    });
    expect((await info.ended).code, info.output()).toBe(0);
    const { services } = JSON.parse(info.output()) as { services: { url: string; health: string }[] };
    expect(services).toEqual([
      expect.objectContaining({ health: 'ready', url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/) }),
    ]);
    expect(await gateway.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
