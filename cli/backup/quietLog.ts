import type { DatabaseLog } from '../../platform/database/databaseLog.js';

/** A command tells what failed itself, in one sentence; the server's own log tells the rest. */
export const quietLog: DatabaseLog = { info: () => undefined, warn: () => undefined, error: () => undefined };
