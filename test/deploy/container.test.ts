import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gateway } from '../../cli/configuration/settings/general.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { serviceNames } from '../../platform/kernel/services.js';
import { freePort, makeHome } from '../support/program.js';

const run = promisify(execFile);
const dockerfile = await readFile(join(packageRoot, 'deploy', 'container', 'Dockerfile'), 'utf8');
const page = await readFile(join(packageRoot, 'deploy', 'README.md'), 'utf8');

/** The last of an instruction's arguments: what counts in the image. */
const instruction = (name: string): string =>
  [...dockerfile.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].at(-1)?.[1] ?? '';
const environment = Object.fromEntries(
  instruction('ENV')
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);
const home = (): string => environment['TOLLGATE_HOME'] ?? '';
const uid = Number(instruction('USER'));
/** "nobody", for the image's user, whom this machine does not know: initdb asks for a name. */
const NOBODY = 65_534;

describe('the image', () => {
  it('has its data where its volume is, in the home of its user, who owns it', () => {
    expect(Object.keys(environment).sort()).toEqual(['TOLLGATE_HOME', 'TOLLGATE_HOST']);
    expect(instruction('VOLUME')).toBe(home());
    expect(dockerfile).toContain(`useradd --system --uid ${uid} --home-dir ${home()} tollgate`);
    expect(dockerfile).toContain(`install -d -o tollgate -g tollgate -m 0711 ${home()}`);
    expect(uid).toBeGreaterThan(0);
  });

  it('listens on all addresses of its container, on the port that it exposes', () => {
    expect(environment['TOLLGATE_HOST']).toBe('0.0.0.0');
    const port = gateway.settings.find(({ variable }) => variable === 'TOLLGATE_PORT')?.otherwise;
    expect(instruction('EXPOSE')).toBe(port);
    expect(page).toContain(`docker run -v /srv/tollgate:${home()} -p ${port}:${port}`);
  });
});

describe('a container', () => {
  const isRoot = process.getuid?.() === 0;
  let folder: string;
  let volume: string;
  let path: string;
  let remove: () => Promise<void>;
  let container: ChildProcess | null;
  let output: string;
  beforeEach(async () => {
    const made = await makeHome();
    ({ remove } = made);
    volume = made.home;
    folder = dirname(volume);
    container = null;
    output = '';
    // As the image links it.
    await mkdir(join(folder, 'bin'));
    await symlink(join(packageRoot, 'cli', 'tollgate.mjs'), join(folder, 'bin', 'tollgate'));
    path = [join(folder, 'bin'), dirname(process.execPath), process.env['PATH']].join(':');
  });
  afterEach(async () => {
    if (container?.exitCode === null) {
      const ended = once(container, 'close');
      container.kill('SIGTERM');
      await ended;
    }
    await remove();
  });

  /** Starts what the image starts, with its environment and user, and the folder as the volume. */
  function start(): ChildProcess {
    const [program = '', ...words] = [
      ...JSON.parse(instruction('ENTRYPOINT')),
      ...JSON.parse(instruction('CMD')),
    ] as string[];
    const variables = Object.entries(environment).map(([name, value]) => [name, value === home() ? volume : value]);
    container = spawn(program, words, {
      // HOME is what engines set by the image's user.
      env: { PATH: path, HOME: volume, ...Object.fromEntries(variables) },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    for (const stream of [container.stdout, container.stderr]) {
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    }
    return container;
  }

  it('starts on the folder that deploy/README.md makes, answers beyond loopback’s first address, and ends with 0', async () => {
    const [, section = ''] = page.split('\n## Container\n');
    const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
    let commands = block
      .split('\n')
      .filter((line) => !line.startsWith('docker '))
      .join('\n')
      .replaceAll('sudo ', '')
      .replaceAll('/srv/tollgate', volume);
    const owner = `${uid}:${uid}`;
    expect(commands).toContain(`chown -R ${owner} ${volume}`);
    commands = isRoot
      ? commands.replace(owner, `${NOBODY}:${NOBODY}`)
      : commands.replace(`chown -R ${owner} ${volume}`, 'true');
    const ports = new Map<string, number>();
    for (const service of serviceNames) {
      ports.set(service, await freePort());
      commands = commands.replace(`${service}=$H`, `${service}=$H:${ports.get(service)}`);
    }
    await run('/bin/sh', ['-euc', commands], { cwd: folder, env: { PATH: path } });
    const program = start();
    await expect.poll(() => output, { timeout: 120_000 }).toMatch(/Tollgate is ready/);
    // Not 127.0.0.1, so that a server that listens there alone does not answer; by the name in its certificate.
    const ca = join(volume, 'tls', 'ca.pem');
    const at = `tollgate.example.org:${ports.get('gateway')}`;
    const { stdout } = await run('curl', [
      '-sS',
      '--cacert',
      ca,
      '--connect-to',
      `${at}:127.0.0.77:`,
      `https://${at}/health/ready`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'ready' });
    const ended = once(program, 'exit');
    program.kill(instruction('STOPSIGNAL') as NodeJS.Signals);
    expect(await ended).toEqual([0, null]);
  });

  it('refuses to serve in the clear where its volume has no certificates', async () => {
    await mkdir(volume, { mode: 0o711 });
    if (isRoot) await chown(volume, NOBODY, NOBODY);
    const [code] = await once(start(), 'close');
    expect(code, output).toBe(1);
    expect(output).toContain('TOLLGATE_HOST 0.0.0.0 is beyond loopback, where plain HTTP can be read');
  });
});
