import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../cli/configuration/loadConfiguration.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { serviceNames } from '../../../platform/kernel/services.js';
import { readCertificateFiles } from '../../../platform/tls/certificateFiles.js';
import { startProgram } from '../../support/program.js';

const HOSTS =
  'identity=id.example.org,access=id.example.org,accounting=10.0.0.5+usage.example.org,storage=10.0.0.6,compute=10.0.0.7:4400,gateway=gw.example.org';

const canMount = process.platform === 'linux' && spawnSync('unshare', ['-m', 'true']).status === 0;

describe('tollgate init', () => {
  let folder: string;
  let output: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-init-'));
    output = join(folder, 'center');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const init = async (...words: string[]) => {
    const program = startProgram(['init', '--output', output, ...words], {});
    const { code } = await program.ended;
    return { code, output: program.output() };
  };
  const filesOf = async (path: string): Promise<readonly string[]> =>
    (await readdir(path, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => relative(path, join(entry.parentPath, entry.name)))
      .sort();
  const certificateAt = async (...path: string[]) => new X509Certificate(await readFile(join(output, ...path)));

  it('makes a folder for each machine, with its own private keys and no others', async () => {
    const made = await init('--hosts', HOSTS, '--url', 'https://tollgate.example.org/', '--json');
    expect(made.code, made.output).toBe(0);
    expect((await readdir(join(output, 'machines'))).sort()).toEqual(
      ['10.0.0.5', '10.0.0.6', '10.0.0.7', 'gw.example.org', 'id.example.org'].sort(),
    );
    const publicKeys = serviceNames.map((name) => `keys/${name}/public.jwk`);
    const machine = join(output, 'machines', 'id.example.org');
    expect(await filesOf(machine)).toEqual(
      [
        ...publicKeys,
        'keys/access/private.jwk',
        'keys/identity/private.jwk',
        'tls/access.key.pem',
        'tls/access.pem',
        'tls/ca.pem',
        'tls/identity.key.pem',
        'tls/identity.pem',
        'tollgate.yaml',
      ].sort(),
    );
    expect(await filesOf(join(output, 'machines', 'gw.example.org'))).toEqual(
      [
        ...publicKeys,
        'keys/gateway/private.jwk',
        'tls/ca.pem',
        'tls/gateway.key.pem',
        'tls/gateway.pem',
        'tollgate.yaml',
      ].sort(),
    );
    // The same public key everywhere.
    const keyOn = (host: string) => readFile(join(output, 'machines', host, 'keys', 'storage', 'public.jwk'), 'utf8');
    expect(await keyOn('gw.example.org')).toBe(await keyOn('10.0.0.6'));
    for (const file of await filesOf(output)) expect((await stat(join(output, file))).mode & 0o777, file).toBe(0o600);
    for (const part of ['ca', 'machines', 'machines/10.0.0.6', 'machines/10.0.0.6/keys/access']) {
      expect((await stat(join(output, part))).mode & 0o777, part).toBe(0o700);
    }
    const report = JSON.parse(made.output) as {
      machines: { host: string; services: { name: string; url: string }[] }[];
    };
    expect(report.machines.find(({ host }) => host === '10.0.0.7')?.services).toEqual([
      expect.objectContaining({ name: 'compute', url: 'https://10.0.0.7:4400' }),
    ]);
  });

  it('signs certificates that are good for their hosts and service, by an authority that signs no further ones', async () => {
    expect((await init('--hosts', HOSTS, '--days', '30')).code).toBe(0);
    const tls = join(output, 'machines', '10.0.0.5', 'tls');
    const files = {
      certificateFile: join(tls, 'accounting.pem'),
      keyFile: join(tls, 'accounting.key.pem'),
      caFile: join(tls, 'ca.pem'),
    };
    const hosts = ['10.0.0.5', 'usage.example.org', 'localhost', '127.0.0.1', '::1'];
    const { endsAt } = await readCertificateFiles(files, { service: 'accounting', hosts, now: new Date() });
    const days = (endsAt.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThan(30.1);
    const authority = await certificateAt('ca', 'ca.pem');
    expect(authority.ca).toBe(true);
    const certificate = await certificateAt('machines', '10.0.0.5', 'tls', 'accounting.pem');
    expect(certificate.ca).toBe(false);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(certificate.serialNumber).not.toBe(authority.serialNumber);
    // Only the folder that stays has the authority's key.
    const keys = (await filesOf(output)).filter((file) => file.includes('ca.key'));
    expect(keys).toEqual(['ca/ca.key.pem']);
  });

  it('writes configurations that are valid where they are copied to', async () => {
    expect((await init('--hosts', HOSTS, '--url', 'https://tollgate.example.org')).code).toBe(0);
    for (const host of await readdir(join(output, 'machines'))) {
      const home = join(folder, 'home');
      await cp(join(output, 'machines', host), home, { recursive: true });
      const { environment, isFileThere } = await loadConfiguration({
        environment: { TOLLGATE_HOME: home },
        uid: process.getuid?.(),
        file: null,
        options: new Map(),
      });
      expect(isFileThere).toBe(true);
      expect(environment).toMatchObject({
        host: '0.0.0.0',
        issuer: 'https://tollgate.example.org',
        gatewayUrl: 'https://gw.example.org:4000',
      });
      const addresses = {
        identity: 'https://id.example.org:4001',
        accounting: 'https://10.0.0.5:4002',
        storage: 'https://10.0.0.6:4003',
        compute: 'https://10.0.0.7:4400',
        access: 'https://id.example.org:4005',
      };
      // Those of one machine find each other in its data folder.
      const others = Object.entries(addresses).filter(([, address]) => !address.includes(`//${host}:`));
      expect(environment.peerUrls).toEqual(Object.fromEntries(others.map(([name, address]) => [name, [address]])));
      const ports = { ...environment.ports, gateway: environment.gatewayPort };
      if (host === '10.0.0.7') expect(ports).toMatchObject({ compute: 4400, storage: 0 });
      if (host === '10.0.0.6') expect(environment.variables['STORAGE_PUBLIC_URL']).toBe('https://10.0.0.6:4003');
      await rm(home, { recursive: true });
    }
  });

  it('overwrites nothing: exit code 4, and all as it was', async () => {
    await mkdir(output);
    await writeFile(join(output, 'mine.txt'), 'mine');
    const refused = await init('--hosts', HOSTS);
    expect(refused).toEqual({
      code: 4,
      output: `tollgate: ${output} has something in it, which stays as it is; choose another --output, or renew its certificates with --renew.\n`,
    });
    expect(await readdir(folder)).toEqual(['center']);
    expect(await filesOf(output)).toEqual(['mine.txt']);
    await rm(join(output, 'mine.txt'));
    // An empty folder is taken, as an operator may have made it with rights of its own.
    expect((await init('--hosts', HOSTS)).code).toBe(0);
    const before = await readFile(join(output, 'ca', 'ca.pem'), 'utf8');
    expect((await init('--hosts', HOSTS)).code).toBe(4);
    expect(await readFile(join(output, 'ca', 'ca.pem'), 'utf8')).toBe(before);
  });

  it('renews certificates and their keys under the same authority, and nothing else', async () => {
    expect((await init('--hosts', HOSTS)).code).toBe(0);
    const texts = async () =>
      new Map(
        await Promise.all(
          (await filesOf(output)).map(async (file) => [file, await readFile(join(output, file), 'utf8')] as const),
        ),
      );
    const before = await texts();
    const renewed = await init('--renew', '--days', '7');
    expect(renewed.code, renewed.output).toBe(0);
    expect(renewed.output).toMatch(/Running services take them within half a minute/);
    const after = await texts();
    const changed = [...after].filter(([file, text]) => before.get(file) !== text).map(([file]) => file);
    expect([...after.keys()]).toEqual([...before.keys()]);
    expect(changed).toHaveLength(12);
    expect(
      changed.every((file) => /^machines\/[^/]+\/tls\/\w+(\.key)?\.pem$/.test(file) && !file.endsWith('ca.pem')),
    ).toBe(true);
    const certificate = await certificateAt('machines', '10.0.0.6', 'tls', 'storage.pem');
    expect(certificate.verify((await certificateAt('ca', 'ca.pem')).publicKey)).toBe(true);
    expect((Date.parse(certificate.validTo) - Date.now()) / 86_400_000).toBeLessThan(7.1);
  });

  it.each([
    [
      ['--renew'],
      1,
      /installation\.json cannot be read \(ENOENT\); name the folder that "tollgate init" made with --output\./,
    ],
    [[], 1, /Say where the services run with --hosts, or renew with --renew/],
    [['--hosts', 'identity=a'], 1, /--hosts: accounting, storage, compute, access, gateway must have a host, too\./],
    [
      ['--hosts', HOSTS, '--url', 'http://tollgate.example.org'],
      1,
      /--url is not valid: plain HTTP is for loopback alone/,
    ],
    [['--hosts', HOSTS, '--url', 'http://127.0.0.1:4000'], 1, /--url is not valid: it must be https:/],
    [
      ['--hosts', HOSTS, '--url', 'https://bob:hunter2@tollgate.example.org'],
      1,
      /--url is not valid: addresses are shown/,
    ],
    [['--hosts', HOSTS, '--days', '0'], 1, /whole number of days, 1 to 3650/],
    [['--hosts', HOSTS, '--renew'], 1, /--hosts .*cannot be used with option '--renew'/],
  ])('refuses %j in a sentence', async (words, code, sentence) => {
    const refused = await init(...words);
    expect(refused.code).toBe(code);
    expect(refused.output).toMatch(sentence);
    expect(refused.output).not.toMatch(/\n\s+at |hunter2/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says which file of the authority is missing', async () => {
    expect((await init('--hosts', HOSTS)).code).toBe(0);
    await rm(join(output, 'ca', 'ca.key.pem'));
    const refused = await init('--renew');
    expect(refused).toMatchObject({
      code: 1,
      output: expect.stringMatching(
        /ca\.key\.pem cannot be read \(ENOENT\); certificates are signed with it, put it back\.$/m,
      ),
    });
  });

  const allTexts = async () =>
    Promise.all((await filesOf(output)).map(async (file) => [file, await readFile(join(output, file), 'utf8')]));

  it('renews all or none: where the folder of a machine was moved away', async () => {
    expect((await init('--hosts', HOSTS)).code).toBe(0);
    await rm(join(output, 'machines', 'gw.example.org'), { recursive: true });
    const before = await allTexts();
    expect(await init('--renew')).toEqual({
      code: 1,
      output: `tollgate: ${join(output, 'machines', 'gw.example.org', 'tls')} is not there; copy the machine's folder back (its tls/ is enough, empty or not) and renew again. Nothing was changed.\n`,
    });
    expect(await allTexts()).toEqual(before);
    await mkdir(join(output, 'machines', 'gw.example.org', 'tls'), { recursive: true });
    expect((await init('--renew')).code).toBe(0);
    expect((await certificateAt('machines', 'gw.example.org', 'tls', 'gateway.pem')).subject).toContain('gateway');
  });

  it.runIf(canMount)('renews all or none: where the disk is full', async () => {
    expect((await init('--hosts', HOSTS)).code).toBe(0);
    const before = await allTexts();
    // The last machine's certificates are on a disk of their own, which takes none more.
    const tls = join(output, 'machines', 'gw.example.org', 'tls');
    const full = `mount -t tmpfs -o size=4k,mode=700 none "${tls}" && { cat /dev/zero > "${tls}/rest" 2>/dev/null || true; } && exec "$@"`;
    const program = startProgram(
      ['init', '--renew', '--output', output],
      {},
      { through: ['unshare', '-m', 'sh', '-c', full, 'sh'] },
    );
    expect((await program.ended).code, program.output()).toBe(1);
    expect(program.output()).toMatch(
      /^tollgate: The renewal failed.*\(ENOSPC\): the disk is full; free some space and try again\.\n$/,
    );
    expect(await allTexts()).toEqual(before);
  });

  it.runIf(canMount)('renews all or none: where a file of the last machine cannot be replaced', async () => {
    expect((await init('--hosts', HOSTS)).code).toBe(0);
    const before = await allTexts();
    const file = join(output, 'machines', 'gw.example.org', 'tls', 'gateway.pem');
    const program = startProgram(
      ['init', '--renew', '--output', output],
      {},
      { through: ['unshare', '-m', 'sh', '-c', `mount --bind "${file}" "${file}" && exec "$@"`, 'sh'] },
    );
    expect((await program.ended).code).toBe(1);
    expect(program.output()).toBe(
      `tollgate: The renewal failed at ${file} (EBUSY): a disk is mounted there, or it is in use; end that and try again.\n`,
    );
    expect(await allTexts()).toEqual(before);
  });

  it('does what docs/operations.md says, word for word', async () => {
    const page = await readFile(join(packageRoot, 'docs', 'operations.md'), 'utf8');
    const [, section = ''] = page.split('\n## Several machines: TLS\n');
    const commands = [...section.matchAll(/^tollgate (init (?:.*\\\n)*.*)$/gm)].map(([, words = '']) =>
      // As a shell joins lines.
      words.replaceAll('\\\n', '').replace('--output center', `--output ${output}`).split(/\s+/),
    );
    expect(commands).toHaveLength(5);
    for (const words of commands) {
      const program = startProgram(words, {});
      expect((await program.ended).code, program.output()).toBe(0);
    }
    const named = [...section.matchAll(/`(machines\/[^`]+|ca\/[^`]+)`/g)].map(([, path = '']) =>
      path.replace('HOST', 'id.example.org').replace('SERVICE', 'identity'),
    );
    expect(named.length).toBeGreaterThan(4);
    for (const path of named) await stat(join(output, path));
  });
});
