import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../../platform/database/embedded/freePort.js';
import { certificate, makeAuthority } from '../support/certificates.js';

const run = promisify(execFile);
/** For each step. */
const START_MS_MAX = 30_000;
const COMMAND_MS_MAX = 30_000;
const POLL_MS = 50;
const MEMORY_BYTES = 2 * 2 ** 30;
const OSD_PORTS = 50;

/** An access key with its secret. */
export interface S3Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Debian's Ceph with an S3 gateway on loopback: its objects are in memory, and gone with it. */
export interface Radosgw {
  /** Plain HTTP. */
  readonly http: string;
  /** TLS with a certificate for the loopback address, with one for another name, and with one that is over. */
  readonly https: string;
  readonly otherName: string;
  readonly expired: string;
  /** The file with the certificate of the authority that signed them. */
  readonly caFile: string;
  /** Of the user that the bucket of tests is of. */
  readonly key: S3Key;
  /** Makes another user. */
  addUser(name: string): Promise<S3Key>;
  /** Kills the gateway; `resume` starts it again on the same objects and ports. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one in a folder that is thrown away; once more where the first did not come up in time. */
export async function startRadosgw(): Promise<Radosgw> {
  try {
    return await start();
  } catch (error) {
    process.stdout.write(`Ceph did not come up and is started again: ${(error as Error).message}\n`);
    return start();
  }
}

async function start(): Promise<Radosgw> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-ceph-'));
  const daemons = new Map<string, ChildProcess>();
  const stop = async (): Promise<void> => {
    await Promise.all([...daemons.values()].map(kill));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return await startIn(folder, daemons, stop);
  } catch (error) {
    const logs = await Promise.all([...daemons.keys()].map((name) => tailOf(join(folder, 'log', `${name}.out`))));
    await stop();
    throw new Error(`${(error as Error).message}\n${logs.join('\n')}`, { cause: error });
  }
}

async function startIn(
  folder: string,
  daemons: Map<string, ChildProcess>,
  stop: () => Promise<void>,
): Promise<Radosgw> {
  const port = { monitor: await freePort(null), osd: await freePort(null) };
  const addresses = {
    http: await freePort(null),
    https: await freePort(null),
    otherName: await freePort(null),
    expired: await freePort(null),
  };
  const user = await serverUser();
  const authority = await makeAuthority(join(folder, 'ca'));
  const frontends = [`beast endpoint=127.0.0.1:${addresses.http}`];
  for (const [name, kind] of [
    ['https', 'valid'],
    ['otherName', 'otherName'],
    ['expired', 'expired'],
  ] as const) {
    const { keyFile, certificateFile } = await certificate(authority, join(folder, name), kind);
    frontends.push(
      `beast ssl_endpoint=127.0.0.1:${addresses[name]} ssl_certificate=${certificateFile} ssl_private_key=${keyFile}`,
    );
  }
  for (const name of ['mon', 'osd', 'rgw', 'run', 'log']) await mkdir(join(folder, name));
  const fsid = randomUUID();
  await writeFile(join(folder, 'keyring'), '');
  await writeFile(join(folder, 'ceph.conf'), configurationOf(folder, fsid, port, frontends));
  const own = async (): Promise<void> => {
    if (user !== undefined) await run('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  };
  const configured = ['-c', join(folder, 'ceph.conf')];
  const command = (name: string, ...words: string[]) =>
    run(name, [...configured, ...words], { ...user, cwd: folder, timeout: COMMAND_MS_MAX });
  const daemon = async (name: string, program: string, ...words: string[]): Promise<void> => {
    const log = await open(join(folder, 'log', `${name}.out`), 'a');
    daemons.set(
      name,
      spawn(program, [...configured, ...words, '-f'], { ...user, cwd: folder, stdio: ['ignore', log.fd, log.fd] }),
    );
    await log.close();
  };
  const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
    const givesUpAt = Date.now() + START_MS_MAX;
    while (!(await isSo().catch(() => false))) {
      if (Date.now() > givesUpAt) throw new Error(`${what} is not there after ${START_MS_MAX / 1_000} s`);
      await sleep(POLL_MS);
    }
  };

  await run('monmaptool', ['--create', '--addv', 'a', `[v1:127.0.0.1:${port.monitor}]`, '--fsid', fsid, 'monmap'], {
    cwd: folder,
  });
  await own();
  await command('ceph-mon', '-i', 'a', '--mkfs', '--monmap', join(folder, 'monmap'));
  await daemon('mon', 'ceph-mon', '-i', 'a');
  const ceph = (...words: string[]) => command('ceph', '--connect-timeout', '5', ...words);
  await until('the monitor', async () => (await ceph('osd', 'stat')).stdout !== '');
  const osd = randomUUID();
  await until('a number for the store', async () => (await ceph('osd', 'new', osd)).stdout.trim() === '0');
  await ceph('osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=localhost');
  await command('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
  await daemon('osd', 'ceph-osd', '-i', '0');
  await until('the store', async () => (await ceph('osd', 'stat')).stdout.includes('1 up'));
  const gateway = async (): Promise<void> => {
    await daemon('rgw', 'radosgw', '-n', 'client.rgw');
    await until('the gateway', () => answers(addresses.http));
  };
  await gateway();
  const addUser = async (name: string): Promise<S3Key> => {
    const key = {
      accessKeyId: `KEY${name.toUpperCase()}00000000000000`,
      secretAccessKey: randomUUID().replaceAll('-', ''),
    };
    const words = ['user', 'create', `--uid=${name}`, `--display-name=${name}`];
    const secret = [`--access-key=${key.accessKeyId}`, `--secret-key=${key.secretAccessKey}`];
    await command('radosgw-admin', '-n', 'client.rgw', ...words, ...secret);
    return key;
  };
  return {
    http: `http://127.0.0.1:${addresses.http}`,
    https: `https://127.0.0.1:${addresses.https}`,
    otherName: `https://127.0.0.1:${addresses.otherName}`,
    expired: `https://127.0.0.1:${addresses.expired}`,
    caFile: authority.certificateFile,
    key: await addUser('tollgate'),
    addUser,
    async pause() {
      const running = daemons.get('rgw');
      if (running !== undefined) await kill(running);
    },
    resume: gateway,
    stop,
  };
}

/** Debian's user for it where we are root; else one's own. */
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (flag: string): Promise<number> => Number((await run('id', [flag, 'ceph'])).stdout);
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}

/** What it has in memory is thrown away: nothing is to be ended in an orderly way. */
async function kill(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = once(daemon, 'exit');
  daemon.kill('SIGKILL');
  await ended;
}

async function answers(port: number): Promise<boolean> {
  const asked = request({ host: '127.0.0.1', port });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return true;
}

const tailOf = async (file: string): Promise<string> => (await readFile(file, 'utf8').catch(() => '')).slice(-2_000);

function configurationOf(
  folder: string,
  fsid: string,
  { monitor, osd }: { readonly monitor: number; readonly osd: number },
  frontends: readonly string[],
): string {
  return `[global]
fsid = ${fsid}
mon_host = v1:127.0.0.1:${monitor}
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
public_network = 127.0.0.0/8
ms_bind_msgr2 = false
ms_bind_msgr1 = true
ms_bind_port_min = ${osd}
ms_bind_port_max = ${osd + OSD_PORTS}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = true
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_crush_update_on_start = false
osd_class_update_on_start = false
osd_class_load_list = *
osd_class_default_list = *
osd_objectstore = memstore
memstore_device_bytes = ${MEMORY_BYTES}
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_osd_full_ratio = 0.99
run_dir = ${folder}/run
admin_socket = ${folder}/run/$cluster-$name.asok
pid_file = ${folder}/run/$name.pid
log_file = ${folder}/log/$name.log
crash_dir = ${folder}/log
keyring = ${folder}/keyring
mon_data = ${folder}/mon
osd_data = ${folder}/osd
rgw_data = ${folder}/rgw
[client.rgw]
rgw_frontends = ${frontends.join(', ')}
rgw_thread_pool_size = 32
rgw_num_rados_handles = 1
`;
}
