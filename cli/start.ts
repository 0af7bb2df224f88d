import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedDatabase } from '../platform/database/startEmbeddedDatabase.js';
import { armFaults } from '../platform/faultpoint.js';
import { type ServiceName, type SubgraphName, serviceNames, subgraphNames } from '../platform/kernel/services.js';
import { makeLogger } from '../platform/server/log.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import type { RunningService } from '../platform/server/settings.js';
import { startControllerProcess } from './controllerProcess.js';
import { type Environment, isLoopback } from './environment.js';
import { hostService, loadAhead } from './hosted.js';
import { waitUntilReady } from './ready.js';

/** What `tollgate start` can be asked for. */
export const startable = ['database', ...serviceNames, 'controller'] as const;
/** See startable. */
export type Startable = (typeof startable)[number];

/** What was started, to be ended in reverse order. */
export interface Installation {
  /** The gateway's address, where it was started here. */
  readonly gatewayUrl: string | null;
  stop(): Promise<void>;
}

/**
 * Starts what was asked for in the one right order: database, subgraphs (side by side, since each makes its own part
 * of the first boot by itself), gateway, controller. Returns when all of it is ready.
 * @param wanted nothing: everything, in this one process
 * @throws an error with one sentence where something cannot start; what had started is ended again
 */
export async function startInstallation(environment: Environment, wanted: readonly Startable[]): Promise<Installation> {
  armInjectedFaults(environment);
  const log = makeLogger('tollgate', environment.logLevel);
  const all = wanted.length === 0;
  const wants = (name: Startable): boolean => all || wanted.includes(name);
  const stops: (() => Promise<void>)[] = [];
  const hosted: RunningService[] = [];
  const end = async (): Promise<void> => {
    for (const endOne of stops.splice(0).reverse()) await endOne();
  };
  const loading = loadAhead(serviceNames.filter(wants));
  try {
    if (wants('database') && !(all && everyDatabaseIsExternal(environment))) {
      const database = await startEmbeddedDatabase({ home: environment.home, services: subgraphNames, log });
      stops.push(() => database.stop());
    }
    await loading;
    const subgraphs = subgraphNames.filter(wants);
    await hostSideBySide(environment, subgraphs, { hosted, stops });
    await Promise.all(hosted.map(({ url }) => waitUntilReady(url)));
    let gatewayUrl: string | null = null;
    if (wants('gateway')) {
      const gateway = await hostService(environment, 'gateway');
      hosted.push(gateway);
      stops.push(() => gateway.stop());
      gatewayUrl = gateway.url;
      await waitUntilReady(gateway.url);
    }
    if (wants('controller')) {
      const controller = startControllerProcess({
        home: environment.home,
        gatewayUrl: gatewayUrl ?? `http://${environment.host}:${environment.gatewayPort}`,
        logLevel: environment.logLevel,
        settings: environment.controllerSettings,
        log,
      });
      stops.push(() => controller.stop());
    }
    return {
      gatewayUrl,
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

/** Starts subgraphs at the same time. Each that started is noted before any failure is thrown, so that it is ended. */
async function hostSideBySide(
  environment: Environment,
  subgraphs: readonly SubgraphName[],
  { hosted, stops }: { readonly hosted: RunningService[]; readonly stops: (() => Promise<void>)[] },
): Promise<void> {
  const outcomes = await Promise.allSettled(subgraphs.map((name: ServiceName) => hostService(environment, name)));
  for (const outcome of outcomes) {
    if (outcome.status !== 'fulfilled') continue;
    hosted.push(outcome.value);
    stops.push(() => outcome.value.stop());
  }
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
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
