import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';

const prisma = join(packageRoot, 'prisma');
const scriptsOf = (database: string): readonly string[] => {
  const migrations = join(prisma, database, 'migrations');
  const folders = readdirSync(migrations, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => readFileSync(join(migrations, name, 'migration.sql'), 'utf8'));
};
const TABLE = /^CREATE TABLE (?:IF NOT EXISTS )?(?:"?platform"?\.)?"?([a-z_]+)"?/gim;

describe.each(readdirSync(prisma))('the migrations of %s', (database) => {
  // A column that a later version adds would make the function fail in the replicas that still serve.
  it('have no function that builds the row of a table', () => {
    const all = scriptsOf(database).join('\n');
    const tables = [...all.matchAll(TABLE)].map(([, table = '']) => table);
    expect(tables.length).toBeGreaterThan(0);
    const builds = tables.filter((table) => new RegExp(`::\\s*"?${table}"?\\b|\\b"?${table}"?\\[\\]`).test(all));
    expect(builds).toEqual([]);
  });
});
