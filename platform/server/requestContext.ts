import type { Viewer } from '../auth/viewer.js';
import type { ServiceName } from '../kernel/services.js';
import type { Logger } from './log.js';

/** What every resolver may know of the request it serves. */
export interface RequestContext {
  readonly viewer: Viewer;
  /** The service that made the call. */
  readonly caller: ServiceName;
  /** The bearer token as received, to be exchanged for a narrower one; never to be stored or logged. */
  readonly token: string | null;
  readonly requestId: string;
  readonly clientIp: string;
  readonly userAgent: string;
  /** When the answer must be out, in milliseconds since the epoch. */
  readonly deadlineAt: number;
  readonly log: Logger;
}
