import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { enqueue } from '../../../platform/work/enqueue.js';
import { startWorker } from '../../../platform/work/startWorker.js';
import { freshDatabase } from '../../support/database.js';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

describe('a worker', () => {
  it('goes on after its connections were cut', async () => {
    const database = await freshDatabase('sandbox');
    const ran: unknown[] = [];
    const tasks = { greet: async (payload: unknown) => void ran.push(payload) };
    const worker = await startWorker({ url: database.appUrl, tasks, log: quiet, pollIntervalMs: 50 });
    const superuser = new pg.Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await superuser.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await superuser.end();
    const again = new pg.Client({ connectionString: database.appUrl });
    await again.connect();
    const sql = {
      $queryRawUnsafe: async <T>(query: string, ...values: unknown[]) => (await again.query(query, values)).rows as T,
      $executeRawUnsafe: async (query: string, ...values: unknown[]) =>
        (await again.query(query, values)).rowCount ?? 0,
    };
    await enqueue(sql, 'greet', 'after');
    await vi.waitFor(() => expect(ran).toEqual(['after']), { timeout: 120_000, interval: 20 });
    await worker.stop();
    await again.end();
    await database.drop();
  });
});
