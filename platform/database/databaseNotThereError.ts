import { DatabaseStartError } from './databaseStartError.js';

/** A database cannot be reached, starts up, or takes no more connections: to try again later may help. */
export class DatabaseNotThereError extends DatabaseStartError {}
