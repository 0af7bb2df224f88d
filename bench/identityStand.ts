import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { loadServiceKeys } from '../platform/auth/serviceKeys.js';
import { startEmbeddedDatabase } from '../platform/database/startEmbeddedDatabase.js';
import { packageRoot } from '../platform/kernel/packageRoot.js';
import { signedRequest } from '../platform/peers/signedRequest.js';
import { announcedUrl } from '../platform/server/runDirectory.js';
import { type CpuSeconds, cpuSecondsOf } from './cpuSeconds.js';
import { profilingOptions } from './profilingOptions.js';
import { type BenchPerson, registerPerson } from './registerPerson.js';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const READY_MS_MAX = 30_000;
/** Registrations run one hash at a time; more side by side would be turned away. */
const SIDE_BY_SIDE = 8;

/** The built identity service as a process of its own, on a database of its own. */
export interface IdentityStand {
  readonly pid: number;
  readonly people: readonly BenchPerson[];
  /** Calls it as the gateway would; each call from an address of its own unless told. */
  call<Data>(query: string, variables: object, call?: { token?: string; clientIp?: string }): Promise<Data>;
  /** Runs SQL as the database's owner. */
  sql(statement: string, values?: readonly unknown[]): Promise<void>;
  /** Seconds of processor time used so far, by who used it. */
  cpuSeconds(): Promise<CpuSeconds>;
  stop(): Promise<void>;
}

/** Starts one with so many people who can log in. */
export async function startIdentityStand(peopleCount: number): Promise<IdentityStand> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  await chmod(folder, 0o755);
  const home = join(folder, 'home');
  const database = await startEmbeddedDatabase({ home, services: ['identity'], log: quiet });
  const urls = database.urls('identity');
  const keys = await loadServiceKeys(home, 'gateway');
  const program = join(packageRoot, 'cli', 'tollgate.mjs');
  const child = spawn(process.execPath, [...profilingOptions(), program, 'start', 'identity'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      TOLLGATE_HOME: home,
      IDENTITY_DATABASE_URL: urls.appUrl,
      IDENTITY_MIGRATION_URL: urls.ownerUrl,
    },
  });
  const owner = new pg.Client({ connectionString: urls.ownerUrl });
  await owner.connect();
  const origin = await waitForAddress(home, child);
  let calls = 0;
  const call: IdentityStand['call'] = async <Data>(
    query: string,
    variables: object,
    { token, clientIp }: { token?: string; clientIp?: string } = {},
  ) => {
    calls += 1;
    const answer = await signedRequest({
      keys,
      target: 'identity',
      origin,
      method: 'POST',
      path: '/graphql',
      body: Buffer.from(JSON.stringify({ query, variables })),
      token: token ?? null,
      headers: {},
      requestId: randomUUID(),
      clientIp: clientIp ?? `10.${(calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}`,
      userAgent: 'bench',
      signal: AbortSignal.timeout(READY_MS_MAX),
    });
    const body = JSON.parse(answer.body.toString('utf8')) as { data?: Data; errors?: unknown };
    if (body.errors !== undefined || body.data == null) {
      throw new Error(`The run is void: ${JSON.stringify(body)}`);
    }
    return body.data;
  };
  const people: BenchPerson[] = [];
  while (people.length < peopleCount) {
    const wanted = Array.from({ length: Math.min(SIDE_BY_SIDE, peopleCount - people.length) }, (_, n) => n);
    people.push(...(await Promise.all(wanted.map((n) => registerPerson(call, `person${people.length + n}`)))));
  }
  return {
    pid: child.pid ?? 0,
    people,
    call,
    sql: async (statement, values = []) => void (await owner.query(statement, [...values])),
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0, home),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await owner.end();
      await database.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function waitForAddress(home: string, child: ChildProcess): Promise<string> {
  const until = performance.now() + READY_MS_MAX;
  for (;;) {
    const url = await announcedUrl(home, 'identity').catch(() => null);
    const answer = url === null ? null : await fetch(`${url}/health/ready`).catch(() => null);
    if (url !== null && answer?.ok === true) return url;
    if (child.exitCode !== null || performance.now() > until) throw new Error('identity did not start');
    await delay(50);
  }
}
