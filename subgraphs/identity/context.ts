import type { RequestContext } from '../../platform/server/requestContext.js';
import type { UseCases } from './subgraph.js';
import type { Loaders } from './usecases/ports/loaders.js';

/** What identity's resolvers work with. */
export interface Context extends RequestContext {
  readonly usecases: UseCases;
  readonly loaders: Loaders;
}
