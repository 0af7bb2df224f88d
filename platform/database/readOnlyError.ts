import { DatabaseNotThereError } from './databaseNotThereError.js';
import { databasePlace } from './databasePlace.js';

/** A server that takes no writes may take them once it is promoted, or the address leads to the new primary. */
export function readOnlyError(url: string, variable: string, cause?: unknown): DatabaseNotThereError {
  const { place, database } = databasePlace(url);
  return new DatabaseNotThereError(
    `The database ${database} at ${place} takes no writes: it is a standby, or read-only by its settings; name the primary in ${variable}, or have it take writes.`,
    { cause },
  );
}
