import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readControllerConfig } from '../../../controllers/local/config.js';
import { type LocalController, startLocalController } from '../../../controllers/local/main.js';
import { type FakeTollgate, startFakeTollgate } from './fakeTollgate.js';

/** A controller that really runs jobs, against a stand-in for Tollgate. */
export interface ControllerFixture {
  readonly home: string;
  readonly tollgate: FakeTollgate;
  readonly controller: LocalController;
  /** The user of slot 0. */
  readonly firstUid: number;
  /** Ends the controller. */
  stop(): Promise<void>;
  /** Starts another on the same home. */
  start(): Promise<void>;
  /** Ends the controller and starts another on the same home. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Slots of tests that run side by side must be different users. */
let nextUid = 1_000_000 + (process.pid % 5_000) * 1_000;

/** Makes a home as a first start leaves it: others may pass it, its secrets are its owner's. */
export async function makeControllerHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'tollgate-controller-'));
  await chmod(home, 0o711);
  await writeFile(join(home, 'operator.json'), 'the operator’s secret', { mode: 0o600 });
  await mkdir(join(home, 'controllers'), { mode: 0o700 });
  const credentials = { clientId: 'svc_1', clientSecret: 'secret', clusterId: 'clu_1' };
  await writeFile(join(home, 'controllers', 'local.json'), JSON.stringify(credentials), { mode: 0o600 });
  return home;
}

/** The environment of a controller in tests. */
export const controllerEnvironment = (home: string, url: string): Record<string, string> => {
  nextUid += 10;
  return {
    TOLLGATE_HOME: home,
    TOLLGATE_URL: url,
    TOLLGATE_LOCAL_POLL_MS: '60',
    TOLLGATE_LOCAL_KILL_GRACE_MS: '300',
    TOLLGATE_LOCAL_FIRST_UID: String(nextUid),
  };
};

/** Starts one. */
export async function startControllerFixture(changes: Record<string, string> = {}): Promise<ControllerFixture> {
  const home = await makeControllerHome();
  const tollgate = await startFakeTollgate();
  const config = readControllerConfig({ ...controllerEnvironment(home, tollgate.url), ...changes });
  let controller = await startLocalController(config);
  return {
    home,
    tollgate,
    firstUid: config.firstUid,
    get controller() {
      return controller;
    },
    stop: () => controller.stop(),
    async start() {
      controller = await startLocalController(config);
    },
    async restart() {
      await controller.stop();
      controller = await startLocalController(config);
    },
    async close() {
      await controller.stop();
      await tollgate.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
