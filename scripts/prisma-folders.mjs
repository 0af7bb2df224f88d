import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The subgraphs that have a schema of their own, by name.
 * @param {string} root the project's folder
 * @returns {Promise<string[]>}
 */
export async function listSubgraphs(root) {
  const entries = await readdir(join(root, 'prisma'), { withFileTypes: true });
  const subgraphs = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const hasSchema = await access(join(root, 'prisma', name, 'schema.prisma')).then(
      () => true,
      () => false,
    );
    if (hasSchema) subgraphs.push(name);
  }
  return subgraphs.sort();
}

/**
 * The scripts of a migrations folder in the order in which they are applied.
 * @param {string} folder
 * @returns {Promise<{ name: string, script: string }[]>} nothing when the folder does not exist
 */
export async function readMigrations(folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, script: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
}
