import { DatabaseNotThereError } from '../platform/database/databaseNotThereError.js';
import { NotThereYetError } from '../platform/server/notThereYetError.js';

/** Whether a start failed for what may be there a moment later, so that a service manager shall start it again. */
export const isNotThereYet = (error: unknown): boolean =>
  error instanceof NotThereYetError || error instanceof DatabaseNotThereError;
