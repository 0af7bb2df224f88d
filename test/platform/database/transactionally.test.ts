import pg from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { sqlErrorCode } from '../../../platform/database/sqlErrorCode.js';
import { type TransactionRunner, transactionally } from '../../../platform/database/transactionally.js';
import { emptyDatabase, type TestDatabase } from '../../support/database.js';
import { type Latch, latch } from '../../support/latch.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await emptyDatabase('sandbox');
  pool = new pg.Pool({ connectionString: database.ownerUrl, max: 10 });
  pool.on('error', () => undefined);
  await pool.query('create table counter (id int primary key, n int not null)');
  return async () => {
    await pool.end();
    await database.drop();
  };
});

beforeEach(() => pool.query('delete from counter').then(() => pool.query('insert into counter values (1, 0), (2, 0)')));

/** Prisma's interactive transaction, reduced to what counts here. */
const runner: TransactionRunner<pg.PoolClient> = {
  async $transaction(work) {
    const client = await pool.connect();
    try {
      await client.query('begin isolation level serializable');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  },
};

describe('transactionally', () => {
  it('makes every one of 8 increments that read and write the same row at once count', async () => {
    await Promise.all(
      Array.from({ length: 8 }, () =>
        transactionally(
          runner,
          async (client) => {
            const { rows } = await client.query<{ n: number }>('select n from counter where id = 1');
            await client.query('update counter set n = $1 where id = 1', [(rows[0]?.n ?? 0) + 1]);
          },
          { retries: 200 },
        ),
      ),
    );
    expect((await pool.query('select n from counter where id = 1')).rows).toEqual([{ n: 8 }]);
  });

  it('runs again after a deadlock', async () => {
    let attempts = 0;
    const one = latch();
    const two = latch();
    const lockBoth = (first: number, second: number, mine: Latch, others: Latch) =>
      transactionally(runner, async (client) => {
        attempts += 1;
        await client.query('update counter set n = n + 1 where id = $1', [first]);
        mine.open();
        await others.opened;
        await client.query('update counter set n = n + 1 where id = $1', [second]);
      });
    await Promise.all([lockBoth(1, 2, one, two), lockBoth(2, 1, two, one)]);
    expect(attempts).toBeGreaterThan(2);
    expect((await pool.query('select n from counter order by id')).rows).toEqual([{ n: 2 }, { n: 2 }]);
  });

  it('gives up after the retries with the conflict itself, and never repeats another error', async () => {
    const failing = async (error: unknown) => {
      let attempts = 0;
      const running = transactionally(
        runner,
        async () => {
          attempts += 1;
          throw error;
        },
        { retries: 2 },
      );
      await expect(running).rejects.toBe(error);
      return attempts;
    };
    expect(await failing(Object.assign(new Error('conflict'), { code: '40001' }))).toBe(3);
    expect(await failing(Object.assign(new Error('duplicate'), { code: '23505' }))).toBe(1);
    expect(await failing(new Error('ours'))).toBe(1);
  });

  it('hands isolation and time limit on to Prisma, and nothing unless told', async () => {
    const seen: unknown[] = [];
    const spy: TransactionRunner<null> = {
      $transaction: (work, options) => {
        seen.push(options);
        return work(null);
      },
    };
    await transactionally(spy, async () => 1);
    await transactionally(spy, async () => 1, { isolationLevel: 'Serializable', timeoutMs: 9 });
    expect(seen).toEqual([{ maxWait: 8_000 }, { maxWait: 8_000, isolationLevel: 'Serializable', timeout: 9 }]);
  });
});

describe('sqlErrorCode', () => {
  it('finds the code in what the adapter throws, bare and as Prisma hands it on', async () => {
    const adapter = await prismaAdapter(database.ownerUrl, { poolSize: 1 }).connect();
    const sql = "do $$ begin raise exception 'conflict' using errcode = '40001'; end $$";
    const error = await adapter.executeRaw({ sql, args: [], argTypes: [] }).catch((thrown: unknown) => thrown);
    await adapter.dispose();
    expect(sqlErrorCode(error)).toBe('40001');
    // The client's PrismaClientKnownRequestError for a raw query, and for a query of a model.
    expect(sqlErrorCode(Object.assign(new Error(), { code: 'P2010', meta: { driverAdapterError: error } }))).toBe(
      '40001',
    );
    expect(sqlErrorCode(Object.assign(new Error(), { code: 'P2034', meta: { modelName: 'Thing' } }))).toBe('40001');
  });

  it('finds none in errors that are not of PostgreSQL', () => {
    const foreign = [
      undefined,
      null,
      'text',
      new Error(),
      { code: 'P2010' },
      { code: 'ECONNREFUSED' },
      { code: 'EPIPE' },
    ];
    for (const error of foreign) expect(sqlErrorCode(error)).toBeUndefined();
  });
});

describe('prismaAdapter', () => {
  it('limits the time of a statement and keeps the pool small', async () => {
    const adapter = await prismaAdapter(database.ownerUrl, { poolSize: 2, applicationName: 'tollgate test' }).connect();
    const read = "select current_setting('statement_timeout') as s, current_setting('application_name') as a";
    const { rows } = await adapter.queryRaw({ sql: read, args: [], argTypes: [] });
    expect(rows).toEqual([['8s', 'tollgate test']]);
    expect(adapter.underlyingDriver().options.max).toBe(2);
    await adapter.dispose();
  });
});
