import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { peersOf, serviceNames } from '../../platform/kernel/services.js';
import { documentedObjects } from './support/documentedObjects.js';
import { folder as manifestFolder } from './support/manifests.js';

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-kubernetes-'));
  const page = await readFile(join(packageRoot, 'docs', 'operations.md'), 'utf8');
  const [, section = ''] = page.split('\n## Kubernetes\n');
  const [, words = ''] = /^\$ tollgate (init .*)$/m.exec(section) ?? [];
  await run(process.execPath, [join(packageRoot, 'cli', 'tollgate.mjs'), ...words.split(' ')], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(serviceNames)('what docs/operations.md has made for %s in Kubernetes', (service) => {
  const machine = (): string => join(folder, 'center', 'machines', `${service}.tollgate.svc`);

  it('is there for the secrets and the config map', async () => {
    expect((await readdir(join(machine(), 'tls'))).sort()).toEqual(
      [`${service}.pem`, `${service}.key.pem`, 'ca.pem'].sort(),
    );
    expect((await readdir(join(machine(), 'keys', service))).sort()).toEqual(['private.jwk', 'public.jwk']);
  });

  it('has a certificate that an ingress controller knows it by', async () => {
    const read = async (name: string) => new X509Certificate(await readFile(join(machine(), 'tls', name)));
    const [own, authority] = [await read(`${service}.pem`), await read('ca.pem')];
    expect(own.verify(authority.publicKey)).toBe(true);
    expect(own.checkHost(`${service}.tollgate.internal`)).toBe(`${service}.tollgate.internal`);
  });

  it('is found where the manifests say', async () => {
    const made = parse(await readFile(join(machine(), 'tollgate.yaml'), 'utf8')) as Record<
      string,
      Record<string, unknown> | null
    >;
    const told = parse(await readFile(join(manifestFolder, 'configuration', `${service}.yaml`), 'utf8')) as typeof made;
    expect(told[service]?.['port']).toBe(made[service]?.['port']);
    expect(told['identity']?.['issuer']).toBe(made['identity']?.['issuer']);
    for (const peer of peersOf[service]) expect(told[peer]?.['url'], peer).toBe(made[peer]?.['url']);
  });
});

const made = documentedObjects().filter(({ sources }) => sources.length > 0);

it('most secrets are made of what tollgate init leaves', () => expect(made).toHaveLength(14));

it.each(made)('what docs/operations.md makes $object of is there, with its keys', async ({ keys, sources }) => {
  const named: string[] = [];
  for (const source of sources) {
    const path = join(folder, 'center', 'machines', source);
    // A folder has one file for each key; a file becomes the one key, whatever it is called there.
    if ((await stat(path)).isDirectory()) named.push(...(await readdir(path)));
    else expect((await readFile(path, 'utf8')).length).toBeGreaterThan(0);
  }
  if (named.length > 0 && keys.length > 1) expect(named.sort()).toEqual([...keys].sort());
});
