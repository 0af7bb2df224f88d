import { fileFault } from '../fileFault.js';

/** A backup cannot be made, or restored. The message is one sentence: the cause, then the remedy. */
export class BackupError extends Error {
  override readonly name: string = 'BackupError';
}

/** A backup is not what it was when it was made: cut off, changed, or not one at all. */
export class DamagedBackup extends BackupError {
  override readonly name = 'DamagedBackup';
}

/** A sentence for what the file system refused while a folder was read or written; other errors are given back. */
export function asBackupError(error: unknown, doing: string): unknown {
  const sentence = fileFault(error, doing);
  return sentence === null ? error : new BackupError(sentence, { cause: error });
}
