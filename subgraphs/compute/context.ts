import type { RequestContext } from '../../platform/server/requestContext.js';
import type { Loaders } from './persistence/loaders.js';
import type { UseCases } from './usecases/useCases.js';

/** What resolvers work with. */
export interface Context extends RequestContext {
  readonly usecases: UseCases;
  readonly loaders: Loaders;
}
