import type { RequestContext } from '../../../platform/server/requestContext.js';

/** Who asks, as far as use cases need to know. */
export type Caller = Pick<RequestContext, 'viewer' | 'requestId' | 'clientIp'>;
