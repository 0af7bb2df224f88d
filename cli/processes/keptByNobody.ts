/** What to do with a database server of a data folder on which no process of Tollgate runs. */
export const keptByNobody = (pid: number): string =>
  `A database server (process ${pid}) runs without a process of Tollgate. Unless a backup is under way, one was killed: ` +
  'the next start takes the server over, and "tollgate stop --force" ends it.';
