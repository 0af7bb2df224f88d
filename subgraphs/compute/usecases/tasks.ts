/** The names of the durable tasks. */
export const tasks = {
  recoverSubmission: 'compute.recoverSubmission',
  settleJob: 'compute.settleJob',
  watchLease: 'compute.watchLease',
  expirePending: 'compute.expirePending',
  unpinInputs: 'compute.unpinInputs',
} as const;

/** Money and pins are never given up: the pauses grow to six hours, so that this is years. */
export const attemptsWithoutEnd = 10_000;
