import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { newPassword } from '../../../platform/database/embedded/databaseFile.js';
import { freePort } from '../../../platform/database/embedded/freePort.js';
import { provisionServices } from '../../../platform/database/embedded/provision.js';
import { serverUser } from '../../../platform/database/embedded/serverUser.js';
import { serviceUrls, superuserUrl } from '../../../platform/database/embedded/urls.js';
import { testServices } from '../../support/globalDatabase.js';
import installDebianPackages from './debianPackages.js';

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';
const START_MS_MAX = 60_000;
const POLL_MS = 100;

/** Vitest's global setup: Debian's own PostgreSQL for the whole run, in a folder that is thrown away, without fsync. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  installDebianPackages();
  const programs = await findPrograms();
  process.stdout.write(`On Debian's PostgreSQL in ${programs}\n`);
  const user = await serverUser();
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-debian-postgres-'));
  await chmod(folder, 0o755);
  const password = newPassword();
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) for (const path of [folder, passwordFile]) await chown(path, user.uid, user.gid);
  const data = join(folder, 'data');
  const identity = { cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, ...user };
  const flags = [
    '-U',
    'postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  ];
  await run(join(programs, 'initdb'), ['-D', data, ...flags, '--no-sync'], identity);
  const port = await freePort(null);
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'max_connections=300'];
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...identity, stdio: 'ignore' },
  );
  const ended = once(server, 'exit');
  const client = await connect(superuserUrl(password, port));
  const file = await provisionServices(client, {
    services: testServices,
    file: { port, superuserPassword: password, services: {} },
  });
  await client.end();
  project.provide('testServer', {
    superuserUrl: superuserUrl(password, port),
    urls: Object.fromEntries(testServices.map((service) => [service, serviceUrls(file, port, service)])),
  });
  return async () => {
    server.kill('SIGINT');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
}

/** Debian keeps each version's programs in a folder of its own. */
async function findPrograms(): Promise<string> {
  const [newest] = (await readdir(VERSIONS)).map(Number).sort((a, b) => b - a);
  return join(VERSIONS, String(newest), 'bin');
}

async function connect(url: string): Promise<pg.Client> {
  for (const until = Date.now() + START_MS_MAX; ; ) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (Date.now() > until) throw error;
      await sleep(POLL_MS);
    }
  }
}
