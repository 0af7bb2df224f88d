import { type Dispatcher, request } from 'undici';
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
  /** The gateway's alone: its peers, and whether GraphiQL is served. */
  readonly peers: Readonly<Record<string, string>> | null;
  readonly graphiql: boolean | null;
}

/** What runs on a home. */
export interface InstallationInfo {
  readonly home: string;
  readonly processes: readonly ProcessRecord[];
  readonly services: readonly ServiceInfo[];
  /** The embedded server, where one runs. */
  readonly database: { readonly pid: number; readonly port: number } | null;
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
        port: url === null ? null : Number(new URL(url).port),
        version: one.version,
        uptimeSeconds: Math.floor((now.getTime() - Date.parse(one.startedAt)) / 1_000),
        health: health.text,
        database: name === 'gateway' ? null : databaseOf(name, environment),
        peers: name === 'gateway' ? health.peers : null,
        graphiql: name !== 'gateway' || url === null ? null : await isServed(`${url}/graphiql`, trust),
      };
    }),
  );
  return {
    home,
    processes,
    services,
    database: postmaster === undefined ? null : { pid: postmaster.pid, port: postmaster.port },
  };
}

function databaseOf(name: SubgraphName, environment: Environment | null): string {
  if (environment === null) return 'unknown';
  const external = environment.databases[name];
  return external === undefined ? 'embedded' : placeOf(external.appUrl);
}

/** Whether services run, and each of them is ready. */
export const isAllReady = ({ services }: Pick<InstallationInfo, 'services'>): boolean =>
  services.length > 0 && services.every(({ health }) => health.startsWith(READY));

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

const placeOf = (url: string): string => {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
};
