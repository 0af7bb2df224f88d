import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { type ServiceName, type SubgraphName, subgraphNames } from '../../../platform/kernel/services.js';

/** How a service comes to another: by its key alone, or with a token that it exchanged for a person. */
export const hows = ['in its own name', "with a person's token"] as const;
/** See hows. */
export type How = (typeof hows)[number];

/** Something that a README says a service may do elsewhere. */
export interface ListedRight {
  readonly at: SubgraphName;
  readonly how: How;
  /** A root field, an entity's type, or `GET /path`. */
  readonly what: string;
  /** Whether only of things that the service works on itself. */
  readonly ownAlone: boolean;
}

const HEADING = '## What its keys can do elsewhere';

/** What a service's README lists under that heading: rows of `| at | how | what |`. @throws Error for a row of another form */
export function listedRights(service: ServiceName): readonly ListedRight[] {
  const folder = service === 'gateway' ? 'gateway' : join('subgraphs', service);
  const readme = readFileSync(join(packageRoot, folder, 'README.md'), 'utf8');
  const [, section] = readme.split(`${HEADING}\n`);
  if (section === undefined) throw new Error(`${folder}/README.md has no "${HEADING}"`);
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).flatMap((row) => {
    const [at, how, what] = row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    const target = subgraphNames.find((name) => name === at);
    const way = hows.find((known) => known === how);
    const names = [...(what ?? '').matchAll(/`([^`]+)`( \(its own\))?/g)];
    if (target === undefined || way === undefined || names.length === 0) {
      throw new Error(`${folder}/README.md: not a row of "${HEADING}": ${row}`);
    }
    return names.map(
      ([, name = '', own]): ListedRight => ({ at: target, how: way, what: name, ownAlone: own !== undefined }),
    );
  });
}
