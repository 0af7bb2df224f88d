/** Removes what is over. */
export interface Removal {
  /**
   * Removes, in a bounded number, sessions with their refresh tokens, enrolments, device logins and used recovery codes
   * that were over before `keptSince`, and devices and counters whose time is over now.
   * @returns whether there may be more
   */
  removeOver(now: Date, keptSince: Date): Promise<boolean>;
  /** Asks for the next run of the job, at once unless told; there is never more than one waiting. */
  askForRun(runAt?: Date): Promise<void>;
}
