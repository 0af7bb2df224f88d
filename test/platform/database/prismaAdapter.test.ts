import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from '../../../subgraphs/accounting/persistence/database.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let prisma: ReturnType<typeof connectDatabase>;
beforeAll(async () => {
  database = await freshDatabase('accounting');
  prisma = connectDatabase(database.appUrl);
});
afterAll(async () => {
  await prisma.$disconnect();
  await database.drop();
});

describe('a session of a service', () => {
  it('compiles nothing, whatever the server does by default', async () => {
    expect(await prisma.$queryRawUnsafe("SELECT current_setting('jit') AS jit")).toEqual([{ jit: 'off' }]);
  });

  it('prepares a text once, and gives its answers for each value', async () => {
    const ask = (value: number) => prisma.$queryRawUnsafe('SELECT $1::int * 2 AS twice', value);
    expect(await ask(2)).toEqual([{ twice: 4 }]);
    expect(await ask(21)).toEqual([{ twice: 42 }]);
    const prepared = await prisma.$queryRawUnsafe(
      "SELECT count(*)::int AS count FROM pg_prepared_statements WHERE statement = 'SELECT $1::int * 2 AS twice'",
    );
    expect(prepared).toEqual([{ count: 1 }]);
  });

  it('names no more texts than it may, and still answers the others', async () => {
    for (let number = 0; number < 250; number += 1) {
      expect(await prisma.$queryRawUnsafe(`SELECT ${number} AS number`)).toEqual([{ number }]);
    }
    const [row] = await prisma.$queryRawUnsafe<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM pg_prepared_statements',
    );
    expect(row?.count).toBeLessThanOrEqual(200);
  });
});
