import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exitCodes.js';
import { findPostmaster } from '../../platform/database/embedded/postmaster.js';
import type { ServiceUrls } from '../../platform/database/embedded/urls.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';
import { expectNothingLeft } from './support/badStart.js';
import { type DatabaseElsewhere, startDatabaseElsewhere } from './support/databaseElsewhere.js';

/** Prisma's lock, which migrations are made under (platform/database/migrate.ts). */
const MIGRATION_LOCK = 72_707_369;

let server: DatabaseElsewhere;
let urls: ServiceUrls;
beforeAll(async () => {
  server = await startDatabaseElsewhere();
  urls = server.urls('accounting');
});
afterAll(() => server.stop());

let home: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
});
afterEach(() => remove());

const start = (words: readonly string[], environment: Record<string, string> = {}): Program =>
  startProgram(['start', ...words], { TOLLGATE_HOME: home, TOLLGATE_PORT: '0', ...environment });
const ofAccounting = ({ ownerUrl, appUrl } = urls): Record<string, string> => ({
  ACCOUNTING_MIGRATION_URL: ownerUrl,
  ACCOUNTING_DATABASE_URL: appUrl,
});

/** It says where it listens: from then on it waits for identity. */
async function expectListening(): Promise<void> {
  const file = join(home, 'run', 'accounting.json');
  await expect.poll(() => existsSync(file), { timeout: 60_000 }).toBe(true);
}

/** It ended for the signal, cleanly and saying so, and not for what it waited for. */
async function expectStopped(program: Program): Promise<void> {
  expect((await program.ended).code, program.output()).toBe(exitCodes.done);
  expect(program.output()).toMatch(/Stopped before it was ready\.\n$/);
  expect(program.output()).not.toContain('tollgate: ');
  await expectNothingLeft(home);
}

describe('a start that is told to stop before it is ready', () => {
  it('ends while it waits for identity', async () => {
    const program = start(['accounting'], { ...ofAccounting(), IDENTITY_URL: `http://127.0.0.1:${await freePort()}` });
    await expectListening();
    const stop = startProgram(['stop'], { TOLLGATE_HOME: home });
    expect((await stop.ended).code, stop.output()).toBe(exitCodes.done);
    expect(stop.output()).toMatch(new RegExp(`Stopped process ${program.pid} \\(accounting\\)\\.\n$`));
    await expectStopped(program);
  });

  it('ends while its controller waits for a gateway', async () => {
    const program = start(['controller']);
    await program.waitFor(/the controller waits for a gateway/);
    process.kill(program.pid, 'SIGTERM');
    await expectStopped(program);
  });

  it('ends while it waits for a database that says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `postgresql://a:b@127.0.0.1:${port}/c`;
    const connected = once(silent, 'connection');
    const program = start(['accounting'], ofAccounting({ ownerUrl: url, appUrl: url }));
    await connected;
    process.kill(program.pid, 'SIGTERM');
    await expectStopped(program);
    silent.close();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends by %s while another process migrates, and waits no longer',
    async (signal) => {
      const other = new pg.Client({ connectionString: urls.ownerUrl });
      await other.connect();
      await other.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
      const program = start(['accounting'], ofAccounting());
      await program.waitFor(/waits for another process that migrates its database/);
      process.kill(program.pid, signal);
      await expectStopped(program);
      await other.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      // Nobody has what was waited for.
      const holders = async () =>
        (await other.query("select from pg_locks where locktype = 'advisory' and objid = $1", [MIGRATION_LOCK]))
          .rowCount;
      await expect.poll(holders, { timeout: 30_000 }).toBe(0);
      await other.end();
    },
  );

  it('ends the database that it started', async () => {
    const program = start([]);
    await expect.poll(async () => (await findPostmaster(home))?.pid ?? null, { timeout: 60_000 }).not.toBeNull();
    process.kill(program.pid, 'SIGTERM');
    await expectStopped(program);
    expect(await findPostmaster(home)).toBeUndefined();
  });

  it('is not said to be ready by a start in the background', async () => {
    const environment = { ...ofAccounting(), IDENTITY_URL: `http://127.0.0.1:${await freePort()}` };
    const program = start(['--detach', 'accounting'], environment);
    await expectListening();
    const stop = startProgram(['stop'], { TOLLGATE_HOME: home });
    expect((await stop.ended).code, stop.output()).toBe(exitCodes.done);
    expect((await program.ended).code).toBe(exitCodes.interrupted);
    expect(program.output()).toMatch(/Stopped before it was ready\.\n$/);
    await expectNothingLeft(home);
  });
});
