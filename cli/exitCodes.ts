/** What the command's exit code says. */
export const exitCodes = {
  done: 0,
  /** Something cannot start, or be done, or the configuration is wrong; said on standard error. */
  cannotStart: 1,
  /** `info`: nothing runs (the code that service managers know); `stop`: something has not ended; a backup is damaged. */
  notSo: 3,
  /** `init`: the folder has something in it already; `configuration init`: the file is there. Nothing was changed. */
  alreadyThere: 4,
  /** What it waits for is not there (yet): a peer, a database. Trying again may help (EX_TEMPFAIL of sysexits.h). */
  tryAgain: 75,
  /**
   * A second signal did not wait for a clean stop; the first ended a backup or a restore; a start in the background was stopped before it
   * was ready: 128 + SIGINT.
   */
  interrupted: 130,
} as const;
