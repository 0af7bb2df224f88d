/** A backup cannot be made, or restored. The message is one sentence: the cause, then the remedy. */
export class BackupError extends Error {
  override readonly name: string = 'BackupError';
}

/** A backup is not what it was when it was made: cut off, changed, or not one at all. */
export class DamagedBackup extends BackupError {
  override readonly name = 'DamagedBackup';
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: "the disk's quota is used up; free some space",
  EROFS: 'the disk is read-only; choose another folder',
  EACCES: 'this user may not; run it as the user that Tollgate runs as, or as root',
  EPERM: 'this user may not; run it as the user that Tollgate runs as, or as root',
  EIO: 'the disk fails; look at it',
};

/** A sentence for what the file system said while a folder was read or written; other errors are given back. */
export function asBackupError(error: unknown, doing: string): unknown {
  const { code = '', path } = error as NodeJS.ErrnoException;
  const cause = CAUSES[code];
  if (cause === undefined) return error;
  return new BackupError(
    `${doing} failed${path === undefined ? '' : ` at ${path}`} (${code}): ${cause} and try again.`,
    {
      cause: error,
    },
  );
}
