import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SqlSession } from '../../../platform/database/sql.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import { migrateWork } from '../../../platform/work/migrateWork.js';
import { startWorker, type WorkerOptions, type WorkTask } from '../../../platform/work/startWorker.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { latch } from '../../support/latch.js';

const waiting = { timeout: 30_000, interval: 20 };
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

let database: TestDatabase;
let client: pg.Client;
let sql: SqlSession;
const cleanups: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  database = await freshDatabase('sandbox');
  client = new pg.Client({ connectionString: database.appUrl });
  client.on('error', () => undefined);
  await client.connect();
  sql = sessionOf(client);
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await client.end();
  // Graphile Worker says that it has stopped before its connections are closed; one that is cut then is an error of nobody's.
  await vi.waitFor(async () => expect(await connections()).toBe(0), waiting);
  await database.drop();
});

/** What a Prisma client does with raw SQL, on a plain connection. */
function sessionOf(connection: pg.Client): SqlSession {
  return {
    $queryRawUnsafe: async <T>(query: string, ...values: unknown[]) =>
      (await connection.query(query, values)).rows as T,
    $executeRawUnsafe: async (query, ...values) => (await connection.query(query, values)).rowCount ?? 0,
  };
}

async function start(tasks: WorkerOptions['tasks'], options: Partial<WorkerOptions> = {}) {
  const worker = await startWorker({ url: database.appUrl, tasks, log, pollIntervalMs: 50, ...options });
  cleanups.push(() => worker.stop());
  return worker;
}

/** How many connections to the database there are but the one that asks. */
async function connections(): Promise<number> {
  const superuser = new pg.Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  const { rowCount } = await superuser.query(
    `select from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  await superuser.end();
  return rowCount ?? 0;
}

async function asSuperuser(statement: string): Promise<void> {
  const superuser = new pg.Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  await superuser.query(statement);
  await superuser.end();
}

async function jobs(): Promise<{ task: string; attempts: number; locked: boolean }[]> {
  const { rows } = await client.query(
    `select task.identifier as task, job.attempts, job.locked_by is not null as locked
     from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     order by job.id`,
  );
  return rows;
}

/** Whether the worker that has the only locked task has proved that it lives. */
async function vouchedFor(): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    `select exists (select from pg_locks where locktype = 'advisory' and granted
       and objid::bigint = hashtext(locked_by)::bigint & x'ffffffff'::bigint) as held
     from graphile_worker._private_jobs where locked_by is not null`,
  );
  return rows[0]?.held ?? false;
}

describe('enqueue', () => {
  it('is undone with the transaction it is in, and runs once that commits', async () => {
    const ran: unknown[] = [];
    await start({ greet: async (payload) => void ran.push(payload) });
    await client.query('begin');
    await enqueue(sql, 'greet', { who: 'nobody' });
    await client.query('rollback');
    expect(await jobs()).toEqual([]);
    await client.query('begin');
    const id = await enqueue(sql, 'greet', { who: 'all' });
    await client.query('commit');
    expect(id).toMatch(/^\d+$/);
    await vi.waitFor(() => expect(ran).toEqual([{ who: 'all' }]), waiting);
    await vi.waitFor(async () => expect(await jobs()).toEqual([]), waiting);
  });

  it('keeps one waiting task per key, and holds one back until its time', async () => {
    const ran: unknown[] = [];
    await start({ tidy: async (payload) => void ran.push(payload) });
    const runAt = new Date(Date.now() + 3_600_000);
    await enqueue(sql, 'tidy', 1, { jobKey: 'tidy', runAt });
    await enqueue(sql, 'tidy', 2, { jobKey: 'tidy', runAt });
    expect(await jobs()).toHaveLength(1);
    await enqueue(sql, 'tidy', 3, { jobKey: 'tidy' });
    await vi.waitFor(() => expect(ran).toEqual([3]), waiting);
  });
});

describe('startWorker', () => {
  it('runs a task again that failed, and tells the attempt', async () => {
    const attempts: unknown[] = [];
    const flaky: WorkTask = async (_payload, { attempt, maxAttempts }) => {
      attempts.push([attempt, maxAttempts]);
      if (attempt === 1) throw new Error('not yet');
    };
    await start({ flaky });
    await enqueue(sql, 'flaky', {}, { maxAttempts: 3 });
    await vi.waitFor(() => expect(attempts).toEqual([[1, 3]]), waiting);
    // Graphile Worker's own pause is seconds long; nobody learns from waiting for it.
    await vi.waitFor(async () => expect(await jobs()).toMatchObject([{ attempts: 1, locked: false }]), waiting);
    await client.query('update graphile_worker._private_jobs set run_at = now()');
    await vi.waitFor(
      () =>
        expect(attempts).toEqual([
          [1, 3],
          [2, 3],
        ]),
      waiting,
    );
  });

  it('waits for the running task when it is stopped, and takes no other', async () => {
    const finish = latch();
    const done: unknown[] = [];
    const started: unknown[] = [];
    const worker = await start(
      {
        slow: async (payload) => {
          started.push(payload);
          await finish.opened;
          done.push(payload);
        },
      },
      { concurrency: 1 },
    );
    await enqueue(sql, 'slow', 1);
    await enqueue(sql, 'slow', 2);
    await vi.waitFor(() => expect(started).toEqual([1]), waiting);
    const stopped = worker.stop();
    finish.open();
    await stopped;
    cleanups.splice(0);
    expect(done).toEqual([1]);
    expect(await jobs()).toEqual([{ task: 'slow', attempts: 0, locked: false }]);
  });

  it('tells a task that does not end to give up, and leaves it for later', async () => {
    const task: WorkTask = (_payload, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))));
    const worker = await start({ task });
    await enqueue(sql, 'task', {});
    await vi.waitFor(async () => expect(await jobs()).toMatchObject([{ locked: true }]), waiting);
    await worker.stop();
    cleanups.splice(0);
    expect(await jobs()).toEqual([{ task: 'task', attempts: 1, locked: false }]);
  });

  it('leaves a living worker its task, however long it takes', async () => {
    const finish = latch();
    let runs = 0;
    const task: WorkTask = async () => {
      runs += 1;
      await finish.opened;
    };
    await start({ task });
    await enqueue(sql, 'task', {});
    await vi.waitFor(() => expect(runs).toBe(1), waiting);
    await vi.waitFor(async () => expect(await vouchedFor()).toBe(true), waiting);
    await client.query("update graphile_worker._private_jobs set locked_at = now() - interval '1 minute'");
    // A second process asks for dead workers, and finds one beside the living.
    await client.query('begin');
    await enqueue(sql, 'other', {});
    await client.query(
      `update graphile_worker._private_jobs set locked_by = 'worker-of-a-killed-process', attempts = 1,
         locked_at = now() - interval '1 minute'
       where locked_by is null`,
    );
    await client.query('commit');
    const taken: number[] = [];
    await start({ task, other: async (_payload, { attempt }) => void taken.push(attempt) });
    await vi.waitFor(() => expect(taken).toEqual([2]), waiting);
    expect(runs).toBe(1);
    finish.open();
    await vi.waitFor(async () => expect(await jobs()).toEqual([]), waiting);
    expect(runs).toBe(1);
  });

  it('gives up what a dead process had besides, and nothing of one that lives', async () => {
    await asSuperuser(`create table public.lease (runner text, is_free boolean not null default false);
      grant select, update on public.lease to public`);
    const holding = {
      name: 'leases',
      holders: 'select distinct runner as id from public.lease where not is_free',
      release: 'update public.lease set is_free = true where runner = $1',
    };
    const free = async (): Promise<readonly string[]> =>
      (
        await client.query<{ runner: string }>('select runner from public.lease where is_free order by runner')
      ).rows.map(({ runner }) => runner);
    const first = await start({}, { holdings: [{ id: 'first', holding }] });
    await start({}, { holdings: [{ id: 'second', holding }] });
    // A process vouches for itself before it has anything.
    await asSuperuser(`insert into public.lease values ('first'), ('second'), ('killed')`);
    await vi.waitFor(async () => expect(await free()).toContain('killed'), waiting);
    expect(await free()).toEqual(['killed']);
    await first.stop();
    await vi.waitFor(async () => expect(await free()).toEqual(['first', 'killed']), waiting);
  });

  it('keeps what a process has that is stopping, until it has handed it over', async () => {
    await asSuperuser(`create table public.handed (runner text, is_free boolean not null default false);
      grant select, update on public.handed to public`);
    const holding = {
      name: 'leases',
      holders: 'select distinct runner as id from public.handed where not is_free',
      release: 'update public.handed set is_free = true where runner = $1',
    };
    const free = async (): Promise<readonly string[]> =>
      (
        await client.query<{ runner: string }>('select runner from public.handed where is_free order by runner')
      ).rows.map(({ runner }) => runner);
    const stopping = await start({}, { holdings: [{ id: 'stopping', holding }] });
    await start({}, { holdings: [{ id: 'other', holding }] });
    const handedOver = latch();
    const stopped = stopping.stop(handedOver.opened);
    // Who is dead is found by whoever lives: by then it has looked at the one that stops too.
    await asSuperuser(`insert into public.handed values ('stopping'), ('killed')`);
    await vi.waitFor(async () => expect(await free()).toContain('killed'), waiting);
    await asSuperuser(`insert into public.handed values ('killed later')`);
    await vi.waitFor(async () => expect(await free()).toContain('killed later'), waiting);
    expect(await free()).not.toContain('stopping');
    handedOver.open();
    await stopped;
    await vi.waitFor(async () => expect(await free()).toContain('stopping'), waiting);
  });

  it('goes on after its connections were cut', async () => {
    const ran: unknown[] = [];
    await start({ greet: async (payload) => void ran.push(payload) });
    await asSuperuser(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    const again = new pg.Client({ connectionString: database.appUrl });
    await again.connect();
    cleanups.push(() => again.end());
    await enqueue(sessionOf(again), 'greet', 'after');
    await vi.waitFor(() => expect(ran).toEqual(['after']), waiting);
  });

  it('is started again when its first question failed, which Graphile Worker would remember for ever', async () => {
    const ran: unknown[] = [];
    log.warn.mockClear();
    await asSuperuser('revoke all on graphile_worker._private_tasks from sandbox_app');
    await start({ greet: async (payload) => void ran.push(payload) });
    await vi.waitFor(() => expect(log.warn).toHaveBeenCalledWith(expect.stringContaining('started again')), waiting);
    await asSuperuser('grant all on graphile_worker._private_tasks to sandbox_app');
    await enqueue(sql, 'greet', 'after');
    await vi.waitFor(() => expect(ran).toEqual(['after']), waiting);
  });
});

describe('migrateWork', () => {
  it('may be repeated and raced, and leaves the structure to the owner', async () => {
    await Promise.all([1, 2, 3].map(() => migrateWork(database.ownerUrl, 'sandbox_app')));
    await expect(client.query('drop table graphile_worker._private_jobs')).rejects.toThrow(/must be owner/);
    await expect(client.query('truncate graphile_worker._private_jobs')).rejects.toThrow(/permission denied/);
    await expect(client.query('delete from graphile_worker.migrations')).rejects.toThrow(/permission denied/);
  });
});
