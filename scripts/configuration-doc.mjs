// Writes docs/configuration.md from the table of settings; --check proves it current. Needs the build in dist/.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { sections } = await import(pathToFileURL(join(root, 'dist', 'cli', 'configuration', 'sections.js')).href);

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const parts = [
  `# Configuration

What can be set, where it stands in the file and which variable of the environment says the same. An option of the command line
goes over the environment, that over the file, that over the default. The file is \`tollgate.yaml\` in the data folder, which the
first start writes with every key explained, or the one that \`--config\` or TOLLGATE_CONFIG names. \`tollgate configuration show\`
checks it all and prints what counts and where it comes from. Made by \`scripts/configuration-doc.mjs\`.
`,
];
for (const { name, about, settings } of sections) {
  const rows = settings.map(({ key, variable, about, otherwise, isSecret }) => {
    const secret = isSecret ? ' A secret.' : '';
    return `| \`${key}\` | \`${variable}\` | ${cell(about)}${secret} | ${cell(otherwise)} |`;
  });
  parts.push(
    `## ${name}\n\n${about}\n\n| key | variable | what it is | unset |\n|---|---|---|---|\n${rows.join('\n')}\n`,
  );
}
const text = parts.join('\n');
const file = join(root, 'docs', 'configuration.md');
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write('docs/configuration.md is not current; run "node scripts/configuration-doc.mjs".\n');
  process.exit(1);
}
