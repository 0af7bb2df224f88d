// node scripts/migration.mjs <subgraph> <name>        writes the next migration from the changes in schema.prisma
// node scripts/migration.mjs --check [subgraph...]    exits 1 when a schema.prisma has changes without a migration
//
// A migration may also be written by hand (functions, triggers, grants): a folder with a migration.sql like any other.
// Prisma 7 keeps addresses out of the schema: `datasource db { provider = "postgresql" }` has no url. The program gives
// one to the client's driver adapter; only `prisma migrate deploy`, where its binary can be had, wants a
// prisma.config.ts with `datasource: { url }`, which whoever runs it writes beside.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listSubgraphs } from './prisma-folders.mjs';
import { lockFileText, schemaDiff } from './schema-diff.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Writes prisma/<subgraph>/migrations/<UTC time>_<name>/migration.sql.
 * @param {string} subgraph
 * @param {string} name
 * @returns {Promise<void>}
 */
async function author(subgraph, name) {
  const sql = await schemaDiff({ root, subgraph });
  if (sql === '') {
    console.log(`${subgraph}: schema.prisma has no changes`);
    return;
  }
  const migrations = join(root, 'prisma', subgraph, 'migrations');
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(migrations, `${time}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), `${sql}\n`);
  await writeFile(join(migrations, 'migration_lock.toml'), lockFileText);
  console.log(`wrote ${folder}/migration.sql`);
}

/**
 * Proves that the migrations of each subgraph make its schema.
 * @param {readonly string[]} subgraphs
 * @returns {Promise<boolean>} whether they all do
 */
async function check(subgraphs) {
  let isCurrent = true;
  for (const subgraph of subgraphs) {
    const sql = await schemaDiff({ root, subgraph });
    if (sql === '') continue;
    isCurrent = false;
    console.error(`${subgraph}: schema.prisma has changes without a migration:\n${sql}\n`);
  }
  return isCurrent;
}

/**
 * @param {readonly string[]} words the command line
 * @returns {Promise<number>} the exit code
 */
async function main([first, ...rest]) {
  if (first === '--check') return (await check(rest.length > 0 ? rest : await listSubgraphs(root))) ? 0 : 1;
  const [name] = rest;
  if (first === undefined || name === undefined || !/^[a-z0-9_]+$/.test(name)) {
    console.error('usage: migration.mjs <subgraph> <name_in_small_letters>  |  migration.mjs --check [subgraph...]');
    return 2;
  }
  await author(first, name);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
