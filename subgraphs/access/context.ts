import type { RequestContext } from '../../platform/server/requestContext.js';
import type { Loaders } from './usecases/ports.js';
import type { UseCases } from './usecases/useCases.js';

/** What access' resolvers work with. */
export interface Context extends RequestContext {
  readonly usecases: UseCases;
  readonly loaders: Loaders;
}
