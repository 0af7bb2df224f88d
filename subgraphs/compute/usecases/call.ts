import type { RequestContext } from '../../../platform/server/requestContext.js';
import type { Trace } from './ports.js';

/** What a use case knows of the request it serves. */
export type Call = Pick<RequestContext, 'viewer' | 'token' | 'requestId' | 'clientIp' | 'userAgent' | 'deadlineAt'>;

/** The part of a call that goes on to other services. */
export const traceOf = ({ requestId, clientIp, userAgent, deadlineAt }: Call): Trace => ({
  requestId,
  clientIp,
  userAgent,
  deadlineAt,
});

/** The trace of work that no request waits for. */
export const ownTrace = (task: string, jobId: string): Trace => ({
  requestId: `${task}:${jobId}`,
  clientIp: '',
  userAgent: 'tollgate-compute',
});
