import { DatabaseNotThereError } from '../platform/database/databaseNotThereError.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';

/** A service is not ready since a peer of it does not answer: to try again later may help. */
export class NotThereYetError extends ServiceStartError {}

/** Whether a start failed for what may be there a moment later, so that a service manager shall start it again. */
export const isNotThereYet = (error: unknown): boolean =>
  error instanceof NotThereYetError || error instanceof DatabaseNotThereError;
