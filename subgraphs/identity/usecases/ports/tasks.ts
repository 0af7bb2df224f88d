/** The durable task that removes what is over and was kept for long enough. */
export const REMOVE_TASK = 'identity.removeWhatIsOver';
