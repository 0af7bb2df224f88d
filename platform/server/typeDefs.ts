import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DocumentNode, parse } from 'graphql';
import { packageRoot } from '../kernel/packageRoot.js';
import type { SubgraphName } from '../kernel/services.js';

/** Reads a subgraph's schema: common.graphql, the shared files that uses.json names for it, then its own, by name. */
export function loadTypeDefs(subgraph: SubgraphName): DocumentNode {
  const folder = join(packageRoot, 'schema');
  const uses = JSON.parse(readFileSync(join(folder, 'shared', 'uses.json'), 'utf8')) as Record<string, string[]>;
  const shared = ['common', ...(uses[subgraph] ?? [])].map((name) => join(folder, 'shared', `${name}.graphql`));
  const own = readdirSync(join(folder, subgraph))
    .sort()
    .map((name) => join(folder, subgraph, name));
  return parse([...shared, ...own].map((path) => readFileSync(path, 'utf8')).join('\n'));
}
