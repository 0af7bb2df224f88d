// node scripts/generate-prisma.mjs [subgraph...]
//
// Writes the Prisma client of each subgraph (of all, without arguments) from prisma/<subgraph>/schema.prisma into
// subgraphs/<subgraph>/generated/prisma, as its generator block says. Nothing is downloaded and nothing phones home.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listSubgraphs } from './prisma-folders.mjs';

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build', 'index.js');

const environment = {
  ...process.env,
  PRISMA_SCHEMA_ENGINE_BINARY: join(root, 'scripts', 'schema-engine-stub.sh'),
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  CHECKPOINT_DISABLE: '1',
  PRISMA_GENERATE_SKIP_AUTOINSTALL: '1',
};

/**
 * @param {string} subgraph
 * @returns {Promise<void>}
 */
async function generate(subgraph) {
  const schema = join(root, 'prisma', subgraph, 'schema.prisma');
  try {
    await run(process.execPath, [cli, 'generate', '--schema', schema, '--no-hints'], { cwd: root, env: environment });
    console.log(`generated the Prisma client of ${subgraph}`);
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    console.error(`${subgraph}:\n${stdout}${stderr}`);
    process.exitCode = 1;
  }
}

const wanted = process.argv.slice(2);
await Promise.all((wanted.length > 0 ? wanted : await listSubgraphs(root)).map(generate));
