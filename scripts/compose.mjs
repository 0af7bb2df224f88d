// Composes schema/supergraph.graphql from the five subgraphs' SDL. An error or a hint of the composition fails it.
// Use: node scripts/compose.mjs [--check]     --check writes nothing and fails where the file is not current.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'schema', 'supergraph.graphql');
const banner =
  '# Composed by scripts/compose.mjs from schema/<subgraph>/*.graphql. Do not edit: change those and compose again.\n\n';

const composed = compose();
if (process.argv.includes('--check')) {
  const current = existsSync(target) ? readFileSync(target, 'utf8') : '';
  if (current !== composed) fail(['schema/supergraph.graphql is not current. Run: node scripts/compose.mjs']);
} else {
  writeFileSync(target, composed);
}

/** The supergraph's SDL, the same bytes for the same schema whatever the machine. */
function compose() {
  const uses = JSON.parse(readFileSync(join(root, 'schema/shared/uses.json'), 'utf8'));
  // Sorted, because the order of the services decides the order of the enum join__Graph.
  const services = Object.keys(uses)
    .sort()
    .map((name) => ({ name, typeDefs: parse(sdlOf(name, uses[name])), url: `http://${name}.invalid/graphql` }));
  const result = composeServices(services);
  if (result.errors !== undefined) fail(result.errors.map((error) => `error: ${error.message}`));
  if (result.hints.length > 0) fail(result.hints.map((hint) => `hint: ${hint.message}`));
  return `${banner}${result.supergraphSdl.trimEnd()}\n`;
}

/** One subgraph's SDL, put together as platform/server/typeDefs.ts does it. @param {string} subgraph @param {string[]} shared */
function sdlOf(subgraph, shared) {
  const files = [
    ...['common', ...shared].map((name) => `schema/shared/${name}.graphql`),
    ...readdirSync(join(root, 'schema', subgraph))
      .sort()
      .map((name) => `schema/${subgraph}/${name}`),
  ];
  return files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
}

/** @param {string[]} lines */
function fail(lines) {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(1);
}
