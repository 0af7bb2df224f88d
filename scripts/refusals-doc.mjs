// Writes docs/refusals.md from the registry of refusal codes; --check proves it current. Needs the build in dist/.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'dist', 'platform', 'kernel', 'refusals');
const sections = [
  ['Any service', 'common'],
  ['Identity', 'identity'],
  ['Access', 'access'],
  ['Accounting', 'accounting'],
  ['Storage', 'storage'],
  ['Compute', 'compute'],
];

const parts = [
  '# Refusals\n\nThe codes a mutation may answer with, what they mean and what to do. Made by `scripts/refusals-doc.mjs`.\n',
];
for (const [title, name] of sections) {
  const codes = Object.values(await import(pathToFileURL(join(folder, `${name}.js`)).href))[0];
  const rows = Object.entries(codes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  parts.push(`## ${title}\n\n| code | meaning and remedy |\n|---|---|\n${rows.join('\n')}\n`);
}
const text = parts.join('\n');
const file = join(root, 'docs', 'refusals.md');
if (!process.argv.includes('--check')) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write('docs/refusals.md is not current; run "node scripts/refusals-doc.mjs".\n');
  process.exit(1);
}
