import type { RequestContext } from '../../platform/server/requestContext.js';
import type { UseCases } from './subgraph.js';
import type { Loaders } from './usecases/loaders.js';

/** What every resolver of accounting works with. */
export interface Context extends RequestContext {
  readonly usecases: UseCases;
  readonly loaders: Loaders;
}
