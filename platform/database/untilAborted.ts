import { Socket } from 'node:net';
import type { ClientConfig } from 'pg';

/** What has a connection end with a signal: while it comes about, while it waits for an answer, and at rest. */
export const untilAborted = (signal: AbortSignal | undefined): Pick<ClientConfig, 'stream'> =>
  signal === undefined ? {} : { stream: () => new Socket({ signal }) };
