// What a subgraph's migrations lack to become its schema.prisma, found out without a server: Prisma's schema engine, as
// WebAssembly, applies the migrations to a PostgreSQL in memory (PGlite) and compares the result with the schema.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { readMigrations } from './prisma-folders.mjs';

const require = createRequire(import.meta.url);
// The adapter's own dependency, so that both are of one version.
const { bindMigrationAwareSqlAdapterFactory } = createRequire(require.resolve('@prisma/adapter-pg'))(
  '@prisma/driver-adapter-utils',
);

/** Prisma refuses a migrations folder without this file. */
export const lockFileText = '# Prisma reads this to know the kind of database.\nprovider = "postgresql"\n';

/**
 * @param {{ root: string, subgraph: string }} options
 * @returns {Promise<string>} the SQL that is missing; empty when there is no drift
 */
export async function schemaDiff({ root, subgraph }) {
  await loadEngine();
  const folder = join(root, 'prisma', subgraph);
  const schema = {
    path: join(folder, 'schema.prisma'),
    content: await readFile(join(folder, 'schema.prisma'), 'utf8'),
  };
  const databases = new Databases({ root, subgraph });
  try {
    const engine = await engineModule.SchemaEngine.new(
      { datamodels: [[schema.path, schema.content]] },
      () => undefined,
      bindMigrationAwareSqlAdapterFactory(databases),
    );
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...(await migrationList(folder, subgraph)) },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    return stdout === null || stdout.includes('This is an empty migration') ? '' : stdout.trim();
  } catch (error) {
    // The engine hides what PostgreSQL said behind its own words.
    throw databases.failure ?? error;
  } finally {
    await databases.close();
  }
}

let isLoaded = false;

/** The package imports its .wasm as a module, which Node 20 does not do without a flag. */
async function loadEngine() {
  if (isLoaded) return;
  const folder = dirname(require.resolve('@prisma/schema-engine-wasm'));
  const { instance } = await WebAssembly.instantiate(await readFile(join(folder, 'schema_engine_bg.wasm')), {
    './schema_engine_bg.js': engineModule,
  });
  engineModule.__wbg_set_wasm(instance.exports);
  /** @type {{ __wbindgen_start: () => void }} */ (/** @type {unknown} */ (instance.exports)).__wbindgen_start();
  isLoaded = true;
}

/**
 * @param {string} folder prisma/<subgraph>
 * @param {string} subgraph
 * @returns {Promise<object>} the migrations as the engine wants them
 */
async function migrationList(folder, subgraph) {
  const migrations = await readMigrations(join(folder, 'migrations'));
  return {
    baseDir: join(folder, 'migrations'),
    lockfile: { path: './migration_lock.toml', content: lockFileText },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, script }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: withAppRole(script, subgraph) } },
    })),
  };
}

/** Empty databases in memory, each with what stands in a subgraph's database before its own migrations. */
class Databases {
  provider = 'postgres';
  adapterName = 'pglite';
  /** @type {PGlite[]} */
  opened = [];
  /** @type {Error | undefined} what PostgreSQL said to the first script that failed */
  failure;

  /** @param {{ root: string, subgraph: string }} options */
  constructor(options) {
    this.options = options;
  }

  async connect() {
    const client = await PGlite.create();
    this.opened.push(client);
    await prepare(client, this.options);
    const adapter = await new PrismaPGlite(client).connect();
    // The adapter's own forgets to wait for the script and to report its error.
    adapter.executeScript = async (script) => {
      try {
        await client.exec(script);
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        this.failure ??= new Error(`a script of ${this.options.subgraph} fails: ${said}\n${script.slice(0, 400)}`);
        throw error;
      }
    };
    return adapter;
  }

  connectToShadowDb() {
    return this.connect();
  }

  async close() {
    for (const client of this.opened) await client.close();
  }
}

/**
 * Makes the roles that migrations grant to, and the tables in schema `platform` that they may refer to.
 * @param {PGlite} client
 * @param {{ root: string, subgraph: string }} options
 */
async function prepare(client, { root, subgraph }) {
  await client.exec(`create role ${subgraph}_owner; create role ${subgraph}_app; create schema platform;`);
  const migrations = await readMigrations(join(root, 'prisma', 'platform', 'migrations'));
  await client.exec('set search_path to platform');
  for (const { script } of migrations) await client.exec(withAppRole(script, subgraph));
  await client.exec('set search_path to public');
}

/**
 * As platform/database/migrate.ts does when it applies a script.
 * @param {string} script
 * @param {string} subgraph
 * @returns {string}
 */
function withAppRole(script, subgraph) {
  return script.replaceAll('__APP_ROLE__', `"${subgraph}_app"`);
}
