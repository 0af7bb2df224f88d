/** Lets few reports read at a time, so that they leave the database's connections to those who pay. */
export interface ReportTurns {
  /**
   * Reads when it is the caller's turn.
   * @param caller who asks: one report of each reads at a time
   * @throws Fault RATE_LIMITED where too many wait, or it has waited too long; nothing is read then
   */
  take<Value>(caller: string, read: () => Promise<Value>): Promise<Value>;
}
