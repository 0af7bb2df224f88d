import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { type ServiceName, subgraphNames } from '../../../platform/kernel/services.js';
import { freePort, type Program, startProgram } from '../../support/program.js';
import { certificate, makeAuthority } from '../support/certificates.js';
import { startDebianPostgres } from '../support/startDebianPostgres.js';
import { startBalancer } from './balancer.js';
import { homeOf, type Machine, makeHomes, placeOf, servicePlaces } from './serviceFolders.js';

/** Twelve processes with pools of their own. */
const CONNECTIONS_MAX = 400;
const POLL_MS = 20;

/** Processes with configurations of their own and mutual TLS on Debian's PostgreSQL, behind Debian's nginx. */
export interface Stand {
  /** Where its data folders are. */
  readonly folder: string;
  readonly gatewayUrl: string;
  /** Who trusts nginx' certificate. */
  readonly dispatcher: Dispatcher;
  /** The data folder with operator.json. */
  readonly operatorHome: string;
  /** The databases as their owners see them. */
  ownerUrl(service: string): string;
  /** @param root the package that it runs; this one unless told */
  start(service: ServiceName, machine: Machine, root?: string): Promise<void>;
  /** SIGTERM: it is alive and not ready for a while, and ends with the exit code 0. */
  end(service: ServiceName, machine: Machine): Promise<void>;
  /** SIGKILL. */
  kill(service: ServiceName, machine: Machine): Promise<void>;
  /** What a process answers at a path of its own. */
  statusOf(service: ServiceName, machine: Machine, path: string): Promise<number>;
  startController(): Promise<void>;
  /** Plays the tour through nginx. @returns what it told, and its exit code */
  tour(): Promise<{ readonly code: number | null; readonly output: string }>;
  stop(): Promise<void>;
}

/** Prepares everything and starts the database and nginx; no process of Tollgate runs yet. */
export async function openStand(): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-replicas-'));
  await chmod(folder, 0o755);
  const authority = await makeAuthority(join(folder, 'ca'));
  const caFile = authority.certificateFile;
  const pair = await certificate(authority, join(folder, 'server'), 'valid');
  const dispatcher = new Agent({ connect: { ca: await readFile(caFile, 'utf8') } });
  const postgres = await startDebianPostgres({
    services: subgraphNames,
    connectionsMax: CONNECTIONS_MAX,
    tls: { pair, caFile },
  });
  const places = await servicePlaces();
  const publicPorts = { tollgate: await freePort(), files: await freePort(), usage: await freePort() };
  const publicUrls = {
    gateway: `https://localhost:${publicPorts.tollgate}`,
    accounting: `https://localhost:${publicPorts.usage}`,
    storage: `https://localhost:${publicPorts.files}`,
  };
  const authorityFile = await makeHomes({ folder, places, postgres, publicUrls });
  const inside = new Agent({ connect: { ca: await readFile(authorityFile, 'utf8') } });
  const balancer = await startBalancer({ folder, places, publicPorts, pair, authorityFile, dispatcher });
  const running = new Map<string, Program>();
  const controllers: Program[] = [];
  const operatorHome = homeOf(folder, 'identity', 'a');
  const client = { TOLLGATE_URL: publicUrls.gateway, NODE_EXTRA_CA_CERTS: caFile };

  const statusOf = async (service: ServiceName, machine: Machine, path: string): Promise<number> => {
    const { statusCode, body } = await request(`https://${placeOf(places, service, machine)}${path}`, {
      dispatcher: inside,
    });
    await body.dump();
    return statusCode;
  };

  return {
    folder,
    gatewayUrl: publicUrls.gateway,
    dispatcher,
    operatorHome,
    ownerUrl: (service) => postgres.urls(service).ownerUrl,
    async start(service, machine, root) {
      const environment = { TOLLGATE_HOME: homeOf(folder, service, machine) };
      const program = startProgram(['start', service], environment, root === undefined ? {} : { root });
      running.set(`${service} ${machine}`, program);
      await program.waitFor(new RegExp(`Ready: ${service}`));
    },
    async end(service, machine) {
      const program = running.get(`${service} ${machine}`);
      const ended = program?.end('SIGTERM');
      while ((await statusOf(service, machine, '/health/ready')) !== 503) await delay(POLL_MS);
      const alive = await statusOf(service, machine, '/health/live');
      const ending = await ended;
      if (alive !== 200 || ending?.code !== 0)
        throw new Error(`${service} ${machine} ended badly:\n${program?.output()}`);
    },
    async kill(service, machine) {
      await running.get(`${service} ${machine}`)?.end('SIGKILL');
    },
    statusOf,
    async startController() {
      const home = homeOf(folder, 'controller', 'a');
      await mkdir(home, { recursive: true, mode: 0o711 });
      const controller = startProgram(['start', 'controller'], {
        ...client,
        TOLLGATE_HOME: home,
        TOLLGATE_LOCAL_CREDENTIALS: join(operatorHome, 'controllers', 'local.json'),
      });
      controllers.push(controller);
      await controller.waitFor(/Ready: controller/);
    },
    async tour() {
      const tour = spawn(process.execPath, [join(packageRoot, 'dist', 'cli', 'tour', 'main.js')], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], ...client, TOLLGATE_HOME: operatorHome },
      });
      let output = '';
      for (const stream of [tour.stdout, tour.stderr]) {
        stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
      }
      const [code] = (await once(tour, 'close')) as [number | null];
      return { code, output };
    },
    async stop() {
      await Promise.all([...controllers, ...running.values()].map((program) => program.end('SIGTERM')));
      await balancer.stop();
      await Promise.all([dispatcher.close(), inside.close()]);
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
