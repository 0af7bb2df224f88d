/** What the command's exit code says. */
export const exitCodes = {
  done: 0,
  /** Something cannot start, or the configuration is wrong; said on standard error. */
  cannotStart: 1,
  /** `info`: nothing runs (the code that service managers know); `stop`: something has not ended. */
  notSo: 3,
  /** A second signal did not wait for a clean stop: 128 + SIGINT. */
  interrupted: 130,
} as const;
