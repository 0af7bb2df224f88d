import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { subgraphNames } from '../../../platform/kernel/services.js';
import { freshDatabase } from '../../support/database.js';

describe('the migrations of every subgraph', () => {
  it.each(subgraphNames)('apply to an empty database, and its serving role may enter: %s', async (service) => {
    const database = await freshDatabase(service);
    const client = new pg.Client({ connectionString: database.appUrl });
    await client.connect();
    const { rows } = await client.query("select to_regclass('public._prisma_migrations') is not null as migrated");
    expect(rows).toEqual([{ migrated: true }]);
    await client.end();
    await database.drop();
  });
});
