import { type Dispatcher, request } from 'undici';
import { readStanding } from '../../controllers/local/standing.js';
import { findPostmaster } from '../../platform/database/embedded/postmaster.js';
import { type SubgraphName, serviceNames } from '../../platform/kernel/services.js';
import { announcedUrl } from '../../platform/server/runDirectory.js';
import type { Environment } from '../environment.js';
import { gatewayTrust } from '../gatewayTrust.js';
import { type ProcessRecord, runningProcesses } from './processRecord.js';

/** How one service is. */
export interface ServiceInfo {
  readonly name: string;
  readonly pid: number;
  readonly url: string | null;
  readonly port: number | null;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** ready (and what is away that it can do without), not ready (with the reason), or no answer. */
  readonly health: string;
  /** Where its database is, without a password; `unknown` where its configuration is wrong by now; null: it has none. */
  readonly database: string | null;
  /** The subgraphs that it calls, `up` or `down` as it sees them; null: it did not say, as one that is not ready does. */
  readonly peers: Readonly<Record<string, string>> | null;
  /** The gateway's alone: whether GraphiQL is served. */
  readonly graphiql: boolean | null;
}

/** What runs on a home. */
export interface InstallationInfo {
  readonly home: string;
  readonly processes: readonly ProcessRecord[];
  readonly services: readonly ServiceInfo[];
  /** The local controller, where a process runs one. */
  readonly controller: ControllerInfo | null;
  /** The embedded server, where one runs. */
  readonly database: { readonly pid: number; readonly port: number } | null;
}

/** How the local controller is: it listens nowhere, and says it in the data folder. */
interface ControllerInfo {
  /** Its own, below the process that started it; null: it is being started. */
  readonly pid: number | null;
  readonly uptimeSeconds: number | null;
  /** The gateway that it calls; null: it knows none. */
  readonly gateway: string | null;
  /** ready: its last heartbeat got to Tollgate; not ready (with the reason); or starting. */
  readonly health: string;
}

const PATIENCE_MS = 3_000;
const READY = 'ready';

/**
 * Looks at the processes of a home and asks their services how they are.
 * @param environmentOf what a process was configured with: its services' databases, and the authority of their certificates;
 *   null: that cannot be told any more
 */
export async function installationInfo(
  home: string,
  { now, environmentOf }: { readonly now: Date; environmentOf(process: ProcessRecord): Promise<Environment | null> },
): Promise<InstallationInfo> {
  const processes = await runningProcesses(home);
  const postmaster = await findPostmaster(home);
  const configured = processes.map(async (one) => {
    const environment = await environmentOf(one);
    const trust = await gatewayTrust(environment ?? { home, caFile: null, variables: {} });
    return serviceNames.filter((name) => one.runs.includes(name)).map((name) => ({ name, one, environment, trust }));
  });
  const hosted = (await Promise.all(configured)).flat();
  const services = await Promise.all(
    hosted.map(async ({ name, one, environment, trust }): Promise<ServiceInfo> => {
      const url = await announcedUrl(home, name).catch(() => null);
      const health = url === null ? { text: 'no answer', peers: null } : await healthOf(url, trust);
      return {
        name,
        pid: one.pid,
        url,
        port: url === null ? null : portOf(url),
        version: one.version,
        uptimeSeconds: secondsSince(one.startedAt, now),
        health: health.text,
        database: name === 'gateway' ? null : databaseOf(name, environment),
        peers: health.peers,
        graphiql: name !== 'gateway' || url === null ? null : await isServed(`${url}/graphiql`, trust),
      };
    }),
  );
  return {
    home,
    processes,
    services,
    controller: processes.some(({ runs }) => runs.includes('controller')) ? await controllerInfo(home, now) : null,
    database: postmaster === undefined ? null : { pid: postmaster.pid, port: postmaster.port },
  };
}

function databaseOf(name: SubgraphName, environment: Environment | null): string {
  if (environment === null) return 'unknown';
  const external = environment.databases[name];
  return external === undefined ? 'embedded' : placeOf(external.appUrl);
}

async function controllerInfo(home: string, now: Date): Promise<ControllerInfo> {
  const said = await readStanding(home);
  if (said === null) return { pid: null, uptimeSeconds: null, gateway: null, health: 'starting' };
  const { pid, startedAt, gateway, isReached, reason } = said;
  const missed = `not ready: ${reason ?? 'it does not say why'}`;
  const health = isReached === null ? 'starting' : isReached ? READY : missed;
  return { pid, uptimeSeconds: secondsSince(startedAt, now), gateway, health };
}

const secondsSince = (moment: string, now: Date): number => Math.floor((now.getTime() - Date.parse(moment)) / 1_000);

/**
 * Whether something runs and each service is ready. The controller counts where it is alone: a restart of services would not
 * help one that does not reach Tollgate.
 */
export const isAllReady = ({ services, controller }: Pick<InstallationInfo, 'services' | 'controller'>): boolean =>
  services.length > 0 ? services.every(({ health }) => health.startsWith(READY)) : controller?.health === READY;

type Health = { readonly text: string; readonly peers: Readonly<Record<string, string>> | null };

async function healthOf(url: string, trust: Dispatcher | undefined): Promise<Health> {
  try {
    const { statusCode, body } = await ask(`${url}/health/ready`, trust);
    const { reason, peers, objectStore } = (await body.json()) as {
      reason?: string;
      peers?: Record<string, string>;
      objectStore?: string;
    };
    const ready = (objectStore ?? 'answers') === 'answers' ? READY : `${READY}, but its object store ${objectStore}`;
    return {
      text: statusCode === 200 ? ready : `not ready: ${reason ?? 'it does not say why'}`,
      peers: peers ?? null,
    };
  } catch {
    return { text: 'no answer', peers: null };
  }
}

async function isServed(url: string, trust: Dispatcher | undefined): Promise<boolean> {
  try {
    const { statusCode, body } = await ask(url, trust);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

const ask = (url: string, trust: Dispatcher | undefined): ReturnType<typeof request> =>
  request(url, { signal: AbortSignal.timeout(PATIENCE_MS), ...(trust === undefined ? {} : { dispatcher: trust }) });

/** A URL has no port where it is the usual one. */
const portOf = (url: string): number => {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
};

const placeOf = (url: string): string => {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
};
