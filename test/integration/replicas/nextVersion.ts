import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';

/** What stands in an installed package, but for what was changed (deploy/container/install.sh). */
const COPIED = ['dist', 'cli/tollgate.mjs', 'prisma', 'schema', 'subgraphs/identity/adapters/hashingThread.mjs'];
/** Later than every migration there is. */
const TIME = '29991231235959';
const TABLE = /^CREATE TABLE (?:IF NOT EXISTS )?(?:"?platform"?\.)?"?([a-z_]+)"?/gim;

/**
 * Makes a package of a newer version, as it is installed: each table of each database gets a column and an index that the
 * version before does not know, each by a migration of its own.
 * @returns its root
 */
export async function makeNextVersion(folder: string): Promise<string> {
  const root = join(folder, 'next');
  await mkdir(root);
  for (const path of COPIED) await cp(join(packageRoot, path), join(root, path), { recursive: true });
  await symlink(join(packageRoot, 'node_modules'), join(root, 'node_modules'));
  const manifest = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(root, 'package.json'), JSON.stringify({ ...manifest, version: '99.0.0' }));
  for (const database of await readdir(join(root, 'prisma'))) await widen(join(root, 'prisma', database, 'migrations'));
  return root;
}

async function widen(migrations: string): Promise<void> {
  const tables = new Set<string>();
  for (const entry of await readdir(migrations, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const script = await readFile(join(migrations, entry.name, 'migration.sql'), 'utf8');
    for (const [, table = ''] of script.matchAll(TABLE)) tables.add(table);
  }
  if (tables.size === 0) throw new Error(`${migrations} makes no table.`);
  for (const table of tables) {
    const folder = join(migrations, `${TIME}_${table}`);
    await mkdir(folder);
    const script = `ALTER TABLE IF EXISTS "${table}" ADD COLUMN "added_later" text DEFAULT 'new';
CREATE INDEX "${table}_added_later" ON "${table}" ("added_later");
`;
    await writeFile(join(folder, 'migration.sql'), script);
  }
}
