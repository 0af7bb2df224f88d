import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { prepareDatabase } from '../../platform/server/prepareDatabase.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';

const suffix = randomBytes(4).toString('hex');
const [owner, app, database] = [`docs_owner_${suffix}`, `docs_app_${suffix}`, `docs_own_${suffix}`];

/** Only for the way to the server. */
let reached: TestDatabase;
let superuser: pg.Client;
beforeAll(async () => {
  reached = await emptyDatabase('sandbox');
  superuser = new pg.Client({ connectionString: reached.superuserUrl });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  for (const role of [owner, app]) await superuser.query(`DROP ROLE IF EXISTS ${role}`);
  await superuser.end();
  await reached.drop();
});

const urlOf = (role: string, password: string): string => {
  const url = new URL(reached.superuserUrl);
  Object.assign(url, { username: role, password, pathname: `/${database}` });
  return url.href;
};

it('a database made as docs/operations.md has it is all that a service needs', async () => {
  const text = await readFile(join(packageRoot, 'docs', 'operations.md'), 'utf8');
  const [, block = ''] = /```sql\n([\s\S]*?)```/.exec(text) ?? [];
  const script = block
    .replaceAll('tollgate_accounting', database)
    .replaceAll('accounting_owner', owner)
    .replaceAll('accounting_app', app);
  const statements = script.split(/;\n/).filter((statement) => statement.trim() !== '');
  expect(statements).toHaveLength(5);
  for (const statement of statements) await superuser.query(statement);
  const urls = { ownerUrl: urlOf(owner, 'one of its own'), appUrl: urlOf(app, 'and another') };
  await prepareDatabase('accounting', urls);
  const serving = new pg.Client({ connectionString: urls.appUrl });
  await serving.connect();
  expect((await serving.query('SELECT count(*)::int AS n FROM account')).rows[0]?.n).toBeGreaterThanOrEqual(0);
  await expect(serving.query('UPDATE journal_entry SET amount = 0')).rejects.toThrow(/permission denied/);
  await serving.end();
});
