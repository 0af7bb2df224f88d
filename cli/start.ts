import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedDatabase } from '../platform/database/startEmbeddedDatabase.js';
import { armFaults } from '../platform/faultpoint.js';
import { isLoopback } from '../platform/kernel/loopback.js';
import { type ServiceName, type SubgraphName, serviceNames, subgraphNames } from '../platform/kernel/services.js';
import { makeLogger } from '../platform/server/log.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import type { RunningService } from '../platform/server/settings.js';
import { startControllerProcess } from './controllerProcess.js';
import type { Environment } from './environment.js';
import { hostService, loadAhead } from './hosted.js';
import { waitUntilReady } from './ready.js';
import { authorityFileOf, openTransport, type ServiceTransport } from './serviceTls.js';
import { waitForGateway } from './waitForGateway.js';

/** What `tollgate start` can be asked for. */
export const startable = ['database', ...serviceNames, 'controller'] as const;
/** See startable. */
export type Startable = (typeof startable)[number];

/** What was started, to be ended in reverse order. */
export interface Installation {
  /** The gateway's address, where it was started here. */
  readonly gatewayUrl: string | null;
  /** Whether that gateway serves GraphiQL. */
  readonly hasGraphiql: boolean;
  stop(): Promise<void>;
}

/**
 * Starts what was asked for in the one right order: database, subgraphs (side by side, since each makes its own part
 * of the first boot by itself), gateway, controller. Returns when all of it is ready.
 * @param wanted nothing: everything, in this one process
 * @param stopping ends the start: nothing is waited for any longer
 * @throws an error with one sentence where something cannot start; whatever the signal brought about; what had started is ended again
 */
export async function startInstallation(
  environment: Environment,
  wanted: readonly Startable[],
  stopping?: AbortSignal,
): Promise<Installation> {
  armInjectedFaults(environment);
  const log = makeLogger('tollgate', environment.logLevel);
  const all = wanted.length === 0;
  const wants = (name: Startable): boolean => all || wanted.includes(name);
  const stops: (() => Promise<void>)[] = [];
  const hosted: RunningService[] = [];
  const end = async (): Promise<void> => {
    for (const endOne of stops.splice(0).reverse()) await endOne();
  };
  try {
    // Before anything starts: a certificate that is no good leaves nothing half-started.
    const transports = await openTransports(environment, serviceNames.filter(wants), { stops, stopping });
    const loading = loadAhead(serviceNames.filter(wants));
    if (wants('database') && !(all && everyDatabaseIsExternal(environment))) {
      const { home } = environment;
      const database = await startEmbeddedDatabase({ home, services: subgraphNames, log, stopping });
      stops.push(() => database.stop());
    }
    await loading;
    stopping?.throwIfAborted();
    const subgraphs = subgraphNames.filter(wants);
    await hostSideBySide(environment, subgraphs, transports, { hosted, stops, stopping });
    stopping?.throwIfAborted();
    let gatewayUrl: string | null = null;
    let hasGraphiql = false;
    if (wants('gateway')) {
      const { loadGatewayConfig } = await import('../gateway/config.js');
      hasGraphiql = loadGatewayConfig(environment.variables, {}).ui;
      const transport = transportOf(transports, 'gateway');
      const gateway = await hostService(environment, 'gateway', transport);
      hosted.push(gateway);
      stops.push(() => gateway.stop());
      gatewayUrl = gateway.url;
      await waitUntilReady(gateway.url, { dispatcher: transport.tls?.dispatcherOf('gateway'), stopping });
    }
    if (wants('controller')) {
      const known = gatewayUrl ?? environment.gatewayUrl;
      if (known === null) await waitForGateway(environment.home, { log, stopping });
      const controller = startControllerProcess({
        home: environment.home,
        gatewayUrl: known,
        // Beside those that Node.js trusts: the gateway may have a public name and certificate.
        caFile: authorityFileOf(environment),
        logLevel: environment.logLevel,
        settings: environment.controllerSettings,
        log,
      });
      stops.push(() => controller.stop());
    }
    return {
      gatewayUrl,
      hasGraphiql,
      async stop() {
        if (environment.drainMs > 0 && hosted.length > 0) {
          for (const service of hosted) service.retire();
          await sleep(environment.drainMs);
        }
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

type Transports = ReadonlyMap<ServiceName, ServiceTransport>;

/** What a start has done so far, and whether it shall end. */
interface Starting {
  readonly hosted: RunningService[];
  readonly stops: (() => Promise<void>)[];
  readonly stopping: AbortSignal | undefined;
}

async function openTransports(
  environment: Environment,
  services: readonly ServiceName[],
  { stops, stopping }: Pick<Starting, 'stops' | 'stopping'>,
): Promise<Transports> {
  const transports = new Map<ServiceName, ServiceTransport>();
  for (const service of services) {
    const transport = await openTransport(environment, service, stopping);
    transports.set(service, transport);
    stops.push(async () => transport.tls?.close());
  }
  return transports;
}

function transportOf(transports: Transports, service: ServiceName): ServiceTransport {
  const transport = transports.get(service);
  if (transport === undefined) throw new Error(`the transport of ${service} was not opened`);
  return transport;
}

/**
 * Starts subgraphs at the same time and waits until they are ready. Each that started is noted before any failure is thrown,
 * so that it is ended.
 */
async function hostSideBySide(
  environment: Environment,
  subgraphs: readonly SubgraphName[],
  transports: Transports,
  { hosted, stops, stopping }: Starting,
): Promise<void> {
  const outcomes = await Promise.allSettled(
    subgraphs.map((name) => hostService(environment, name, transportOf(transports, name))),
  );
  for (const outcome of outcomes) {
    if (outcome.status !== 'fulfilled') continue;
    hosted.push(outcome.value);
    stops.push(() => outcome.value.stop());
  }
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  await Promise.all(
    hosted.map(({ name, url }) =>
      waitUntilReady(url, { dispatcher: transportOf(transports, name).tls?.dispatcherOf(name), stopping }),
    ),
  );
}

/** What a start without names runs. */
export const wholeProgram = (environment: Environment): readonly Startable[] =>
  startable.filter((name) => name !== 'database' || !everyDatabaseIsExternal(environment));

const everyDatabaseIsExternal = ({ databases }: Environment): boolean =>
  subgraphNames.every((name) => databases[name] !== undefined);

/** Faults are for tests: a configuration that reaches beyond this machine refuses them. */
function armInjectedFaults({ faults, databases }: Environment): void {
  if (faults === '') return;
  const distant = Object.values(databases).some(({ appUrl, ownerUrl }) => !isLoopback(appUrl) || !isLoopback(ownerUrl));
  if (distant)
    throw new ServiceStartError(
      'TOLLGATE_FAULTS is for tests on this machine; unset it, a database is beyond loopback.',
    );
  armFaults(faults);
}
