/** The embedded database could not be started or found. The message is one sentence: the cause, then the remedy. */
export class DatabaseStartError extends Error {
  override readonly name = 'DatabaseStartError';
}
