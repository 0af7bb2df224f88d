import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { subgraphNames } from '../../platform/kernel/services.js';
import { freshDatabase } from '../support/database.js';

interface Definer {
  readonly name: string;
  readonly path: string | null;
}

/** The functions of a service's migrations that run with their owner's rights, and where they look for names. */
async function definersOf(service: string): Promise<readonly Definer[]> {
  const database = await freshDatabase(service);
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  const { rows } = await owner.query<Definer>(
    `SELECT proc.proname AS name, substring(setting FROM '^search_path=(.*)$') AS path
     FROM pg_proc AS proc
     JOIN pg_namespace AS schema ON schema.oid = proc.pronamespace
     LEFT JOIN unnest(proc.proconfig) AS setting ON setting LIKE 'search_path=%'
     WHERE proc.prosecdef AND schema.nspname IN ('public', 'platform') ORDER BY 1`,
  );
  await owner.end();
  await database.drop();
  return rows;
}

describe('functions that run with their owner’s rights', () => {
  // PostgreSQL looks into pg_temp first where it is not named: a caller's temporary table would stand for a real one.
  it.each(subgraphNames)('look into pg_catalog first and into the caller’s own schema last: %s', async (service) => {
    for (const { name, path } of await definersOf(service)) {
      expect(path, name).toMatch(/^pg_catalog(, \w+)*, pg_temp$/);
    }
  });

  it('are found: those of identity', async () => {
    const names = (await definersOf('identity')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['remove_what_is_over', 'retire_key_encryption_keys']));
  });
});
