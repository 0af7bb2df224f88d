import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { newPassword } from '../../../platform/database/embedded/databaseFile.js';
import { freePort } from '../../../platform/database/embedded/freePort.js';
import { provisionServices } from '../../../platform/database/embedded/provision.js';
import { serverUser } from '../../../platform/database/embedded/serverUser.js';
import { type ServiceUrls, serviceUrls, superuserUrl } from '../../../platform/database/embedded/urls.js';
import type { KeyPair } from './certificates.js';

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';
const START_MS_MAX = 60_000;
const POLL_MS = 100;

/** Debian's own PostgreSQL in a folder that is thrown away, without fsync. */
export interface DebianPostgres {
  /** Where its programs are. */
  readonly programs: string;
  readonly superuserUrl: string;
  /** A service's database as its owner and as its serving role see it. */
  urls(service: string): ServiceUrls;
  stop(): Promise<void>;
}

/**
 * Starts it on a free port of loopback, with a database and two roles for each service.
 * @param options.tls the server's certificate and who signed it: then nothing is said without TLS, and addresses ask for
 * the certificate to be verified in full
 */
export async function startDebianPostgres(options: {
  readonly services: readonly string[];
  readonly connectionsMax: number;
  readonly tls?: { readonly pair: KeyPair; readonly caFile: string };
}): Promise<DebianPostgres> {
  const { services, tls } = options;
  const programs = await findPrograms();
  const user = await serverUser();
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-debian-postgres-'));
  await chmod(folder, 0o755);
  const own = async (path: string): Promise<string> => {
    if (user !== undefined) await chown(path, user.uid, user.gid);
    return path;
  };
  await own(folder);
  const password = newPassword();
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await own(passwordFile);
  const data = join(folder, 'data');
  const identity = { cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, ...user };
  const forms = ['-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
  const flags = ['-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, ...forms];
  await run(join(programs, 'initdb'), ['-D', data, ...flags], identity);
  const port = await freePort(null);
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  settings.push(`max_connections=${options.connectionsMax}`);
  if (tls !== undefined) {
    const [certificate, key] = [join(folder, 'server.pem'), join(folder, 'server.key')];
    await copyFile(tls.pair.certificateFile, certificate);
    await copyFile(tls.pair.keyFile, key);
    for (const path of [certificate, key]) await own(path);
    await chmod(key, 0o600);
    settings.push('ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`);
    await writeFile(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  }
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...identity, stdio: 'ignore' },
  );
  const ended = once(server, 'exit');
  const reached = (url: string): string => (tls === undefined ? url : verified(url, tls.caFile));
  const client = await connect(reached(superuserUrl(password, port)));
  const file = await provisionServices(client, {
    services,
    file: { port, superuserPassword: password, services: {} },
  });
  await client.end();
  return {
    programs,
    superuserUrl: reached(superuserUrl(password, port)),
    urls(service) {
      const { ownerUrl, appUrl } = serviceUrls(file, port, service);
      return { ownerUrl: reached(ownerUrl), appUrl: reached(appUrl) };
    },
    async stop() {
      server.kill('SIGINT');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function verified(address: string, caFile: string): string {
  const url = new URL(address);
  url.hostname = 'localhost';
  url.searchParams.set('sslmode', 'verify-full');
  url.searchParams.set('sslrootcert', caFile);
  return url.href;
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
