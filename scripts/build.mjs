// Builds what is not current: generated code, the program in dist/, GraphiQL's static files.
// Use: node scripts/build.mjs [--force]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'dist', '.build-stamp');
const inputs = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.acct.json',
  'schema',
  'prisma',
  'scripts',
  'platform',
  'gateway',
  'subgraphs',
  'controllers',
  'cli',
  'acct',
  'bench',
];

if (!existsSync(join(root, 'node_modules', 'typescript'))) {
  process.stderr.write('The packages are not installed; run "npm ci" first.\n');
  process.exit(1);
}
const stamp = stampOf(inputs);
if (!process.argv.includes('--force') && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
  process.exit(0);
}
run('Generating database clients', 'scripts/generate-prisma.mjs');
run('Generating resolver types', 'scripts/generate-resolvers.mjs');
run('Compiling', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
run('Declaring tollgate/acct', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.acct.json');
run('Bundling GraphiQL', 'scripts/build-graphiql.mjs');
mkdirSync(dirname(stampFile), { recursive: true });
writeFileSync(stampFile, stampOf(inputs));

/** Runs one step and ends the build where it fails. @param {string} title @param {string} script @param {string[]} args */
function run(title, script, ...args) {
  process.stdout.write(`${title} ...\n`);
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  rmSync(stampFile, { force: true });
  process.exit(status ?? 1);
}

/** A hash over names, sizes and times: enough to see that something was touched. @param {readonly string[]} paths */
function stampOf(paths) {
  const hash = createHash('sha256').update(process.version);
  const add = (/** @type {string} */ path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isDirectory()) {
      hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(path).sort()) if (name !== 'generated') add(join(path, name));
  };
  for (const path of paths) add(join(root, path));
  return hash.digest('hex');
}
