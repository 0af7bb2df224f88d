import { ServiceStartError } from '../server/runDirectory.js';

/** A file of keys, and the setting that names it. */
export interface KeyFile {
  readonly path: string;
  /** As messages name it: a variable. */
  readonly setting: string;
}

/** What the file system says, in an operator's words. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'goes through what is no folder',
};

/** A file of keys cannot be read or written. */
export function keyFileUnreachable({ path, setting }: KeyFile, error: unknown): ServiceStartError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const cause = CAUSES[code] ?? 'cannot be read and written by this user';
  return new ServiceStartError(`${path} ${cause} (${code}); mend that, or correct ${setting}.`, { cause: error });
}

/** A file of keys holds something else. @param what it must hold, after "holds no" */
export const keyFileWrong = ({ path, setting }: KeyFile, what: string): ServiceStartError =>
  new ServiceStartError(`${path} holds no ${what}; put it back from the backup, or correct ${setting}.`);
