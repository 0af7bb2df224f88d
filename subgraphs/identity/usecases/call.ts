import type { RequestContext } from '../../../platform/server/requestContext.js';
import type { Loaders } from './ports/loaders.js';

/** What a command knows of the call it serves. */
export type Call = Pick<RequestContext, 'viewer' | 'caller' | 'requestId' | 'clientIp' | 'userAgent'>;

/** What a query knows of the call it serves. */
export interface ReadCall {
  readonly viewer: RequestContext['viewer'];
  readonly loaders: Loaders;
}
