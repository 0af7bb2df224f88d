/** A database could not be brought to the program's version. The message is one sentence: the cause, then the remedy. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}
