import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { attempt, eventually } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { GraphAnswer, Stage } from '../../cli/tour/stage.js';
import { accountOpened } from '../../cli/tour/steps/accountOpened.js';
import { moneyDeposited } from '../../cli/tour/steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { researcherLogsIn } from '../../cli/tour/steps/researcherLogsIn.js';
import { researcherRegisters } from '../../cli/tour/steps/researcherRegisters.js';
import { type ServiceName, serviceNames } from '../../platform/kernel/services.js';
import type { OwnerUrls } from '../invariants/assertInvariants.js';
import { ownerUrlsOf } from './ownerUrls.js';
import { freePort, makeHome, type Program, startProgram } from './program.js';

/** A token lives for ten minutes. */
const TOKEN_MS_MAX = 5 * 60_000;

/** What breaks at a fault point, once or so often. */
type Injected = 'kill' | 'throw' | 'pause' | `pause*${number}`;

/** The whole system as processes of its own, whose fault points a test arms while they run. */
export interface CrashStand {
  readonly home: string;
  readonly issuer: string;
  readonly accountId: string;
  readonly urls: OwnerUrls;
  /** Arms these fault points, instead of all before. */
  arm(plan: Readonly<Record<string, Injected>>): Promise<void>;
  /** How many pauses a service has come to so far. */
  pausesOf(service: ServiceName): number;
  /** Waits until the fault at a point has fired. */
  fired(point: string): Promise<void>;
  /** Waits until a service has died of its fault, and starts it again. */
  revive(service: ServiceName): Promise<void>;
  /** Disarms all, and starts what a cell that failed has left dead: one bad cell does not make the next ones bad. */
  heal(): Promise<void>;
  /** Kills a service. */
  kill(service: ServiceName): Promise<void>;
  /** Ends a service as a service manager does. @throws Error where that is not clean */
  end(service: ServiceName): Promise<void>;
  pidOf(service: ServiceName): number;
  /** Lets whatever is paused in a service go on; nothing where nothing is. */
  resume(service: ServiceName): void;
  /** Runs SQL on access' database as its owner. */
  sql<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** A mutation by the person; null where no answer came, or one that tells nothing. */
  ask<Thing>(mutation: string, input: Readonly<Record<string, unknown>>, selection: string): Promise<Thing | null>;
  /** Any operation by the person, with whatever errors its answer has. */
  graph<Data>(document: string, variables?: Readonly<Record<string, unknown>>): Promise<GraphAnswer<Data>>;
  stop(): Promise<void>;
}

/** The fault points at which a program has paused so far, as it says. */
const pausesOf = (program: Program): readonly string[] =>
  [...program.output().matchAll(/^paused at (\S+)$/gm)].map((match) => match[1] ?? '');

/**
 * Starts it: the embedded server, five subgraphs and the gateway, and a person with money.
 * @param variables of the environment, besides or in place of its own
 */
export async function startCrashStand(variables: Readonly<Record<string, string>> = {}): Promise<CrashStand> {
  const { home, remove } = await makeHome();
  const port = await freePort();
  const planFile = join(home, 'faults');
  const environment = {
    TOLLGATE_HOME: home,
    TOLLGATE_PORT: String(port),
    TOLLGATE_LOG_LEVEL: 'silent',
    TOLLGATE_FAULTS: `file:${planFile}`,
    // So that a slow side does not take the tests' time.
    ACCESS_LEASE_MS: '2000',
    ACCESS_CALL_TIMEOUT_MS: '1000',
    // The drives of some hundred cells stay empty: how full the disk is must not matter.
    STORAGE_CAPACITY_BYTES: String(2 ** 42),
    ...variables,
  };
  const running = new Map<string, Program>();
  const start = async (name: string): Promise<void> => {
    const program = startProgram(['start', name], environment);
    running.set(name, program);
    await program.waitFor(new RegExp(`Ready: ${name}`));
  };
  await start('database');
  await Promise.all(serviceNames.map(start));
  const stage: Stage = {
    client: httpClient(`http://127.0.0.1:${port}`),
    codes: oneTimeCodes(),
    narrate: () => {},
    run: 'crash',
  };
  const operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
  const operatorToken = await operatorLogsIn(stage, operator);
  const researcher = await researcherRegisters(stage);
  let token = await researcherLogsIn(stage, researcher);
  let loggedInAt = Date.now();
  const accountId = await accountOpened(stage, researcher.username, researcher.userId, token);
  await moneyDeposited(stage, accountId, '100000', operatorToken);
  const urls = await ownerUrlsOf(home);
  const database = new pg.Client({ connectionString: urls.access });
  await database.connect();
  let cell = 0;
  let armed: Readonly<Record<string, { readonly id: string; readonly action: string }>> = {};
  const resumed = new Map<Program, number>();
  const freshToken = async (): Promise<string> => {
    if (Date.now() - loggedInAt > TOKEN_MS_MAX) {
      token = await researcherLogsIn(stage, researcher);
      loggedInAt = Date.now();
    }
    return token;
  };
  const arm: CrashStand['arm'] = async (plan) => {
    cell += 1;
    const points = Object.entries(plan).map(([point, action], index) => ({ point, action, id: `${cell}-${index}` }));
    armed = Object.fromEntries(points.map(({ point, ...fault }) => [point, fault]));
    await writeFile(planFile, points.map(({ point, action, id }) => `${point}=${action}#${id}`).join(','));
  };
  return {
    home,
    issuer: `http://127.0.0.1:${port}`,
    accountId,
    urls,
    pausesOf(service) {
      const program = running.get(service);
      return program === undefined ? 0 : pausesOf(program).length;
    },
    pidOf: (service) => running.get(service)?.pid ?? 0,
    arm,
    async fired(point) {
      const { id, action } = armed[point] ?? { id: '', action: 'kill' };
      await eventually(60, `The fault at ${point} did not come about.`, async () => {
        const lines = await readFile(`${planFile}.fired`, 'utf8').catch(() => '');
        const isHere =
          action !== 'pause' || [...running.values()].some((one) => pausesOf(one).includes(`${point}#${id}`));
        return lines.split('\n').includes(id) && isHere ? true : null;
      });
    },
    async revive(service) {
      await running.get(service)?.ended;
      await start(service);
    },
    async heal() {
      await arm({});
      for (const name of serviceNames) {
        const program = running.get(name);
        const isOver = await Promise.race([program?.ended.then(() => true), sleep(20, false)]);
        if (isOver) await start(name);
      }
    },
    async kill(service) {
      await running.get(service)?.end('SIGKILL');
    },
    async end(service) {
      const program = running.get(service);
      const ending = await program?.end('SIGTERM');
      if (ending?.code !== 0) throw new Error(`${service} ended badly:\n${program?.output()}`);
    },
    resume(service) {
      const program = running.get(service);
      const pauses = program === undefined ? 0 : pausesOf(program).length;
      // The signal ends a process that does not wait for it.
      if (program === undefined || pauses === (resumed.get(program) ?? 0)) return;
      resumed.set(program, pauses);
      process.kill(program.pid, 'SIGUSR2');
    },
    async sql<Row>(text: string, values: readonly unknown[] = []) {
      return (await database.query(text, [...values])).rows as Row[];
    },
    async ask<Thing>(mutation: string, input: Readonly<Record<string, unknown>>, selection: string) {
      return attempt<Thing>(stage, mutation, input, selection, await freshToken()).catch(() => null);
    },
    graph: async (document, variables = {}) => stage.client.ask(document, variables, await freshToken()),
    async stop() {
      await database.end();
      await Promise.all(serviceNames.map((name) => running.get(name)?.end('SIGTERM')));
      await running.get('database')?.end('SIGTERM');
      await remove();
    },
  };
}
