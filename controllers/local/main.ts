import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeLogger } from '../../platform/server/log.js';
import { runningUrl } from '../../platform/server/runDirectory.js';
import { closeInheritedDescriptors } from './closeInherited.js';
import { type ControllerConfig, readControllerConfig } from './config.js';
import { startController } from './controller.js';
import { makeFolders } from './folders.js';
import { gatewayClient } from './gateway/gatewayClient.js';
import { readCredentials } from './gateway/readCredentials.js';
import { tollgate } from './gateway/tollgate.js';
import { chooseIsolation } from './isolation/chooseIsolation.js';
import { coreBook, usableCores } from './job/coreBook.js';
import { removeJobFolder } from './job/jobFolder.js';
import { lockHome } from './lock.js';
import { openStanding } from './standing.js';

/** The local controller, started. */
export interface LocalController {
  /** Whether jobs are isolated here. */
  readonly isolates: boolean;
  /** Ends its jobs and itself. */
  stop(): Promise<void>;
}

/**
 * Starts the controller of the cluster `local`: it claims jobs at the gateway and runs them on this machine. It logs
 * whether they are isolated (a warning where not), says in the home how it is, and keeps trying while Tollgate does not answer.
 * @throws Error where another controller runs on this home
 */
export async function startLocalController(config: ControllerConfig): Promise<LocalController> {
  const log = makeLogger('controller', config.logLevel);
  const gatewayUrl = async (): Promise<string> => config.gatewayUrl ?? runningUrl(config.home, 'gateway');
  const folders = await makeFolders(config.home);
  const unlock = await lockHome(folders.lockFile);
  try {
    const standing = await openStanding(config.home, gatewayUrl, log);
    const chosen = await chooseIsolation(config, folders);
    if (chosen.isolates) log.info(chosen.line);
    else log.warn(chosen.line);
    await chosen.isolation.removeStrays(config.slots);
    for (const name of await readdir(folders.scratch)) await removeJobFolder(join(folders.scratch, name));
    const client = gatewayClient(gatewayUrl, config.credentialsFile);
    const clusterId = async () => (await readCredentials(config.credentialsFile)).clusterId;
    const controller = startController({
      config,
      folders,
      chosen,
      tollgate: tollgate(client, clusterId, log),
      coreBook: coreBook(await usableCores()),
      standing,
      log,
    });
    return {
      isolates: chosen.isolates,
      async stop() {
        await controller.stop();
        await standing.end();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Runs until SIGTERM, SIGINT, or the end of the process that started it (its IPC channel closes). */
async function runUntilStopped(): Promise<void> {
  closeInheritedDescriptors();
  const stopped = new Promise<void>((resolve) => {
    for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, () => resolve());
  });
  const controller = await startLocalController(readControllerConfig(process.env));
  await stopped;
  await controller.stop();
  process.exit(0);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  runUntilStopped().catch((error: unknown) => {
    // What is wrong may be the level itself.
    makeLogger('controller', 'error').error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  });
}
