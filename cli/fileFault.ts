const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: "the disk's quota is used up; free some space",
  EROFS: 'the disk is read-only; choose another folder',
  EACCES: 'this user may not; run it as the user that Tollgate runs as, or as root',
  EPERM: 'this user may not; run it as the user that Tollgate runs as, or as root',
  EIO: 'the disk fails; look at it',
  ENOENT: 'it is not there any more; leave it alone meanwhile',
  EISDIR: 'a folder is in the place of a file; move it away',
  EBUSY: 'a disk is mounted there, or it is in use; end that',
  ENOTEMPTY: 'something was put there meanwhile; name another folder',
};

/**
 * A sentence for what the file system refused, with the file and the remedy.
 * @param doing what failed, as the sentence begins
 * @returns null for an error of another kind
 */
export function fileFault(error: unknown, doing: string): string | null {
  const { code = '', syscall, path: from, dest: path = from } = error as NodeJS.ErrnoException & { dest?: string };
  const cause = CAUSES[code];
  // What network calls refuse has an address and no file.
  if (cause === undefined || syscall === undefined || 'address' in (error as object)) return null;
  return `${doing} failed${path === undefined ? '' : ` at ${path}`} (${code}): ${cause} and try again.`;
}
