import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import { accountOpened } from '../../cli/tour/steps/accountOpened.js';
import { moneyDeposited } from '../../cli/tour/steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { researcherLogsIn } from '../../cli/tour/steps/researcherLogsIn.js';
import { researcherRegisters } from '../../cli/tour/steps/researcherRegisters.js';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import { limits } from '../../platform/kernel/limits.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { type SubgraphName, serviceNames, subgraphNames } from '../../platform/kernel/services.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { signedRequest } from '../../platform/peers/signedRequest.js';
import { announcedUrl } from '../../platform/server/runDirectory.js';
import { DEADLINE_HEADER } from '../../platform/server/subgraph.js';
import { cpuSecondsOf } from '../cpuSeconds.js';

/** A process of the stand. */
interface Process {
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** What a request came to. */
export interface Asked {
  readonly accessRequest: { readonly id: string; readonly status: string } | null;
  readonly refusal: { readonly code: string } | null;
}

/** The whole system as processes of its own on the embedded server, with a person who has money. */
export interface AccessStand {
  /**
   * Asks for access to a drive or cores. @param deadlineMs when the answer is due, straight at access alone
   * @throws Error where the graph answers with errors, or none comes
   */
  ask(path: 'gateway' | 'access', kind: 'STORAGE' | 'COMPUTE', deadlineMs?: number): Promise<Asked>;
  /** The addresses of the databases' owners. */
  urlOf(service: SubgraphName): string;
  /** Seconds of processor time used so far by each service, and by the database. */
  cpuSeconds(): Promise<Readonly<Record<string, number>>>;
  /** What access wrote so far, on both outputs. */
  outputOfAccess(): string;
  /** Kills access and starts it again; resolves when the new process was started, not when it serves. */
  killAccess(): Promise<void>;
  startAccess(environment?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 60_000;
const DAYS = 30;
const ASK = `mutation Ask($input: RequestAccessInput!) {
  requestAccess(input: $input) { accessRequest { id status } refusal { code } } }`;

/** Starts one. @param profile a folder for CPU profiles of the services, each written when its process ends */
export async function startAccessStand(
  accessEnvironment: Readonly<Record<string, string>> = {},
  profile = process.env['TOLLGATE_BENCH_PROFILE'],
): Promise<AccessStand> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  await chmod(folder, 0o755);
  const home = join(folder, 'home');
  const processes = new Map<string, Process>();
  const start = (name: string, environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profile, name)}`];
    const child = spawn(process.execPath, [...flags, join(packageRoot, 'cli', 'tollgate.mjs'), 'start', name], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], TOLLGATE_HOME: home, TOLLGATE_PORT: '0', ...environment },
    });
    let output = '';
    processes.set(name, { child, output: () => output });
    return new Promise((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
        if (output.includes(`Ready: ${name}`)) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', () => reject(new Error(`${name} ended:\n${output}`)));
    });
  };
  const end = async (name: string, signal: NodeJS.Signals): Promise<void> => {
    const child = processes.get(name)?.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  await start('database');
  await Promise.all(serviceNames.map((name) => start(name, name === 'access' ? accessEnvironment : {})));
  const gatewayUrl = await announcedUrl(home, 'gateway');
  const stage = {
    client: httpClient(gatewayUrl),
    codes: oneTimeCodes(),
    narrate: () => {},
    run: randomUUID().slice(0, 8),
  };
  const operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
  const operatorToken = await operatorLogsIn(stage, operator);
  const person = await researcherRegisters(stage);
  const token = await researcherLogsIn(stage, person);
  const accountId = await accountOpened(stage, person.username, person.userId, token);
  await moneyDeposited(stage, accountId, '1000000', operatorToken);
  const { urls } = await connectEmbeddedDatabase(home);
  const keys = await loadServiceKeys(home, 'gateway');
  const endsAt = new Date(Date.now() + DAYS * 86_400_000).toISOString();
  const straight = async (body: object, deadlineMs: number): Promise<unknown> => {
    const answer = await signedRequest({
      ...{
        keys,
        token,
        target: 'access',
        origin: await announcedUrl(home, 'access'),
        method: 'POST',
        path: '/graphql',
      },
      body: Buffer.from(JSON.stringify(body)),
      headers: { [DEADLINE_HEADER]: String(deadlineMs) },
      ...{ requestId: randomUUID(), clientIp: '127.0.0.1', userAgent: 'bench' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return JSON.parse(answer.body.toString('utf8'));
  };
  return {
    async ask(path, kind, deadlineMs = limits.subgraphDeadlineMs) {
      const key = randomUUID();
      const input = {
        idempotencyKey: key,
        offerId: kind === 'STORAGE' ? wellKnown.offerStorage : wellKnown.offerCompute,
        // A mebibyte, or as much of a core-hour: what is asked for is not what is measured.
        quantity: '0.001',
        endsAt,
        accountId,
        name: key,
      };
      const answer = (
        path === 'gateway'
          ? await stage.client.ask(ASK, { input }, token)
          : await straight({ query: ASK, variables: { input } }, deadlineMs)
      ) as {
        data?: { requestAccess: Asked } | null;
        errors?: readonly unknown[];
      };
      if (answer.data == null) throw new Error(`No answer: ${JSON.stringify(answer.errors)}`);
      return answer.data.requestAccess;
    },
    urlOf: (service) => urls(service).ownerUrl,
    async cpuSeconds() {
      const used: Record<string, number> = {};
      for (const name of serviceNames) {
        const child = processes.get(name)?.child;
        // Who was killed uses nothing any more.
        if (child?.pid === undefined || child.signalCode !== null) continue;
        const { main, threads, database } = await cpuSecondsOf(child.pid, home);
        used[name] = main + threads;
        used['database'] = database;
      }
      return used;
    },
    outputOfAccess: () => processes.get('access')?.output() ?? '',
    killAccess: () => end('access', 'SIGKILL'),
    startAccess: (environment = {}) => start('access', environment),
    async stop() {
      for (const name of ['gateway', 'access', ...subgraphNames, 'database']) await end(name, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
