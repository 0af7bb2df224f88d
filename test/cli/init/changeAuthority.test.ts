import { X509Certificate } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certifyServices } from '../../../cli/init/certifyServices.js';
import { type AuthorityStep, changeAuthority } from '../../../cli/init/changeAuthority.js';
import { parseHosts } from '../../../cli/init/hosts.js';
import { makeInstallation } from '../../../cli/init/makeInstallation.js';
import { serviceNames } from '../../../platform/kernel/services.js';
import { readCertificateFiles } from '../../../platform/tls/certificateFiles.js';
import { startProgram } from '../../support/program.js';

const HOSTS = { one: ['identity', 'access', 'accounting'], two: ['storage', 'compute', 'gateway'] };
const record = {
  publicUrl: 'https://two.example.org',
  places: parseHosts(
    Object.entries(HOSTS)
      .flatMap(([host, services]) => services.map((service) => `${service}=${host}.example.org`))
      .join(','),
  ),
};
const times = { now: new Date(), days: 30 };

let folder: string;
let center: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-authority-'));
  center = join(folder, 'center');
  await makeInstallation(center, record, times);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const step = (name: AuthorityStep) => changeAuthority(name, center, { record, times });
const tls = (host: string, file: string): string => join(center, 'machines', `${host}.example.org`, 'tls', file);
const trusted = async (host: string): Promise<readonly X509Certificate[]> =>
  ((await readFile(tls(host, 'ca.pem'), 'utf8')).match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
const authority = async () => new X509Certificate(await readFile(join(center, 'ca', 'ca.pem')));
/** Each service's certificate is as it is checked at a start, on its machine. */
const allGood = async (): Promise<void> => {
  for (const [host, services] of Object.entries(HOSTS)) {
    for (const service of serviceNames.filter((name) => services.includes(name))) {
      const files = {
        certificateFile: tls(host, `${service}.pem`),
        keyFile: tls(host, `${service}.key.pem`),
        caFile: tls(host, 'ca.pem'),
      };
      await readCertificateFiles(files, { service, hosts: [`${host}.example.org`], now: times.now });
    }
  }
};
const allTexts = async () => {
  const entries = await readdir(center, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'utf8')])));
};

describe('a change of the authority', () => {
  it('is the way on where the present one has ended', async () => {
    const later = { now: new Date(times.now.getTime() + 11 * 365 * 24 * 3_600_000), days: 30 };
    await expect(certifyServices(center, record, later)).rejects.toThrow(
      /^The authority in .* ended at .*; make another with "tollgate init --new-authority begin", or set the clock\.$/,
    );
    for (const name of ['begin', 'switch', 'end'] as const) {
      await changeAuthority(name, center, { record, times: later });
    }
    await certifyServices(center, record, later);
    expect(Date.parse((await authority()).validTo)).toBeGreaterThan(later.now.getTime());
  });

  it('is made by three steps, after each of which every start finds its certificate good', async () => {
    const first = await authority();
    const certificate = await readFile(tls('two', 'gateway.pem'), 'utf8');
    await step('begin');
    expect(await authority()).toEqual(first);
    expect(await readFile(tls('two', 'gateway.pem'), 'utf8')).toBe(certificate);
    for (const host of Object.keys(HOSTS)) {
      const [present, next, ...others] = await trusted(host);
      expect(present?.fingerprint256).toBe(first.fingerprint256);
      expect(next?.subject).not.toBe(first.subject);
      expect(others).toEqual([]);
    }
    await allGood();

    await step('switch');
    const second = await authority();
    expect(second.subject).not.toBe(first.subject);
    const signed = new X509Certificate(await readFile(tls('two', 'gateway.pem')));
    expect(signed.verify(second.publicKey)).toBe(true);
    expect((await trusted('one')).map(({ subject }) => subject).sort()).toEqual([first.subject, second.subject].sort());
    await allGood();

    await step('end');
    for (const host of Object.keys(HOSTS)) {
      expect((await trusted(host)).map(({ subject }) => subject)).toEqual([second.subject]);
    }
    expect((await readdir(join(center, 'ca'))).sort()).toEqual(['ca.key.pem', 'ca.pem']);
    await allGood();
    // And it can be changed again.
    await step('begin');
    await allGood();
  });

  it('keeps the trust in both where certificates are renewed meanwhile', async () => {
    for (const name of ['begin', 'switch'] as const) {
      await step(name);
      const before = await readFile(tls('one', 'ca.pem'), 'utf8');
      await certifyServices(center, record, times);
      expect(await readFile(tls('one', 'ca.pem'), 'utf8')).toBe(before);
      await allGood();
    }
  });

  it.each([
    [[], 'switch', 'No new authority was begun', 'begin'],
    [[], 'end', 'No new authority was begun', 'begin'],
    [['begin'], 'begin', 'A new authority was begun, and signs nothing yet', 'switch'],
    [['begin'], 'end', 'A new authority was begun, and signs nothing yet', 'switch'],
    [['begin', 'switch'], 'begin', 'The new authority signs, and the one before is still trusted', 'end'],
    [['begin', 'switch'], 'switch', 'The new authority signs, and the one before is still trusted', 'end'],
  ] as const)('after %j refuses the step %s, and changes nothing', async (done, wrong, why, due) => {
    for (const name of done) await step(name);
    const before = await allTexts();
    await expect(step(wrong)).rejects.toThrow(
      `${why}, so "${wrong}" is not the next step; go on with "--new-authority ${due}". Nothing was changed.`,
    );
    expect(await allTexts()).toEqual(before);
  });

  it.each(['begin', 'switch', 'end'] as const)(
    'changes nothing by %s where a machine’s folder is away',
    async (name) => {
      const order = ['begin', 'switch', 'end'] as const;
      for (const earlier of order.slice(0, order.indexOf(name))) await step(earlier);
      await rm(join(center, 'machines', 'two.example.org'), { recursive: true });
      const before = await allTexts();
      await expect(step(name)).rejects.toThrow(/two\.example\.org\/tls is not there; .* Nothing was changed\.$/);
      expect(await allTexts()).toEqual(before);
    },
  );

  it.each([0, 1, 2])('is due again where the switch was killed after %i of the authority’s files', async (files) => {
    await step('begin');
    const begun = join(folder, 'begun');
    await cp(join(center, 'ca'), begun, { recursive: true });
    const first = await authority();
    await step('switch');
    const order = ['previous.pem', 'ca.key.pem', 'ca.pem'];
    for (const name of order.slice(files)) {
      if (name === 'previous.pem') await rm(join(center, 'ca', name));
      else await writeFile(join(center, 'ca', name), await readFile(join(begun, name)));
    }
    for (const name of ['next.pem', 'next.key.pem']) await cp(join(begun, name), join(center, 'ca', name));
    await expect(step('end')).rejects.toThrow(/go on with "--new-authority switch"/);
    await step('switch');
    expect((await trusted('one')).map(({ subject }) => subject)).toContain(first.subject);
    expect((await authority()).subject).not.toBe(first.subject);
    await allGood();
    await step('end');
    await allGood();
  });
});

it('the command takes a step, and says what to do next', async () => {
  const run = async (...words: string[]) => {
    const program = startProgram(['init', '--output', center, ...words], {});
    return { code: (await program.ended).code, output: program.output() };
  };
  for (const [name, sentence] of [
    [
      'begin',
      /trusted beside the one that signed[\s\S]*tls to one\.example\.org[\s\S]*--new-authority switch --output/,
    ],
    ['switch', /with the new authority[\s\S]*tls to two\.example\.org[\s\S]*--new-authority end --output/],
    ['end', /the new one alone is trusted[\s\S]*within half a minute/],
  ] as const) {
    const { code, output } = await run('--new-authority', name);
    expect(code, output).toBe(0);
    expect(output).toMatch(sentence);
  }
  expect(await run('--new-authority', 'end')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^tollgate: No new authority was begun/),
  });
  expect((await run('--new-authority', 'finish')).output).toMatch(/Allowed choices are begin, switch, end/);
  expect((await run('--new-authority', 'begin', '--hosts', 'a=b')).output).toMatch(/cannot be used with option/);
});
