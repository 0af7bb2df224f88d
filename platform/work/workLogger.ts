import { Logger } from 'graphile-worker';
import type { DatabaseLog } from '../database/databaseLog.js';

/** Graphile Worker's logger onto ours; its notes on every single task are dropped. */
export function workLogger(log?: DatabaseLog): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error') log?.error(`work: ${message}`);
    if (level === 'warning') log?.warn(`work: ${message}`);
  });
}
