/** The durable task that removes what is over and was kept for long enough. */
export const REMOVE_TASK = 'identity.removeWhatIsOver';

/** The durable task that looks at the entries of all people of the directory. */
export const DIRECTORY_TASK = 'identity.checkDirectory';
/** The durable tasks of identity by name. */
export const tasks = {
  turnSigningKeys: 'identity.turnSigningKeys',
} as const;
