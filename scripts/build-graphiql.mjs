// Bundles gateway/graphiql/ with GraphiQL and its editor's workers into dist/graphiql/: static files, no other host.
// Nothing is done where the inputs are those of the last build. Use: node scripts/build-graphiql.mjs
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'gateway', 'graphiql');
const target = join(root, 'dist', 'graphiql');
const stamp = stampOfInputs();

if (!existsSync(join(target, 'stamp')) || readFileSync(join(target, 'stamp'), 'utf8') !== stamp) await build();

async function build() {
  // Loaded only now: a start with everything built does not need it.
  const { build: bundle } = await import('esbuild');
  const folder = `${target}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  await bundle({
    absWorkingDir: root,
    entryPoints: [
      { in: join(sources, 'entry.mjs'), out: 'app' },
      { in: 'monaco-editor/esm/vs/editor/editor.worker.js', out: 'editor.worker' },
      { in: 'monaco-editor/esm/vs/language/json/json.worker.js', out: 'json.worker' },
      { in: 'monaco-graphql/esm/graphql.worker.js', out: 'graphql.worker' },
    ],
    outdir: folder,
    bundle: true,
    minify: true,
    // Classic scripts: workers as modules would need another policy and a newer browser.
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.ttf': 'dataurl' },
    legalComments: 'linked',
    logLevel: 'warning',
  });
  copyFileSync(join(sources, 'index.html'), join(folder, 'index.html'));
  writeFileSync(join(folder, 'stamp'), stamp);
  // Put in place whole, so that a build that was interrupted, or runs twice, never leaves half a page.
  rmSync(target, { recursive: true, force: true });
  renameSync(folder, target);
}

/** What the bundle depends on: the page's sources, this script and the exact versions of all packages. */
function stampOfInputs() {
  const hash = createHash('sha256');
  const files = readdirSync(sources)
    .sort()
    .map((name) => join(sources, name));
  for (const file of [...files, fileURLToPath(import.meta.url), join(root, 'package-lock.json')]) {
    hash.update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}
