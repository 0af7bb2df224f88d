import { type SubgraphName, subgraphNames } from '../../../platform/kernel/services.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { readSources } from '../../support/sources.js';
import type { Belongings } from './tenantWorld.js';

/** A plain route of a subgraph as its source adds it, and a request of it for the owner's things. */
export interface PlainRoute {
  readonly path: string;
  readonly requestPath: string;
}

/** What a route needs to be asked in earnest. */
const queries: Readonly<Record<string, string>> = {
  '/feed': '?after=0&waitMilliseconds=0',
  '/reports/charges.csv': '?by=ACCOUNT&from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z',
};

/**
 * All plain routes of a subgraph: every text that begins with a slash in a source that speaks of the HTTP server. What is
 * no route is answered 404, so that a text too many does no harm, and no route can be forgotten.
 */
export function plainRoutesOf(service: SubgraphName, own: Belongings): readonly PlainRoute[] {
  const sources = readSources(`subgraphs/${service}`, 'platform/server').filter(({ text }) => text.includes('Fastify'));
  const paths = new Set(
    sources.flatMap(({ text }) => [...text.matchAll(/'(\/[\w.:*/-]+)'/g)].map(([, path = '']) => path)),
  );
  paths.delete('/graphql');
  return [...paths].map((path) => ({ path, requestPath: `${filled(path, own)}${queries[path] ?? ''}` }));
}

function filled(path: string, own: Belongings): string {
  const known: Readonly<Record<string, string | undefined>> = { ...own, clusterId: wellKnown.clusterLocal };
  return path
    .replace(/:(\w+)/g, (_whole, name: string) => {
      const value = known[name];
      if (value === undefined) throw new Error(`plainRoutes.ts does not know what ${path} is given for :${name}.`);
      return value;
    })
    .replace('*', `versions/${own['fileId'] ?? ''}`);
}

/** The subgraphs that one may be a thief at: all but itself. */
export const othersThan = (service: string): readonly SubgraphName[] =>
  subgraphNames.filter((name) => name !== service);
