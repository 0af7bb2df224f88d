/** Limits of the compute service; those of all services stand in platform/kernel/limits.ts. */
export const computeLimits = {
  commandArgumentsMax: 1_000,
  /** What the arguments hold together; below what Linux allows a process to start with. */
  commandBytesMax: 131_072,
  scriptBytesMax: 262_144,
  inputsMax: 32,
  /** A file name on Linux. */
  fileNameBytesMax: 255,
  pathCharactersMax: 1_024,
  tasksMax: 10_000,
  cpusPerTaskMax: 10_000,
  wallTimeSecondsMax: 604_800,
  claimJobsMax: 100,
  leaseSecondsMin: 5,
  leaseSecondsMax: 3_600,
  logLinesPerCallMax: 1_000,
  logLineCharactersMax: 8_192,
  /** A log keeps this much; the rest is counted as complete and left out. */
  logBytesMax: 10_485_760,
  /** What a line weighs beyond its text, so that a flood of empty lines is bounded too. */
  logLineOverheadBytes: 64,
  logSequenceMax: 1_000_000,
  reasonCharactersMax: 500,
  /** Accounting gives holds for at most thirty days. */
  holdSecondsMax: 2_592_000,
  /** What a hold outlives the longest possible end of its job by, so that a slow settlement finds it open. */
  holdMarginSeconds: 86_400,
  /** What a hold that nobody heard of is thought to outlive its reckoned end by: the lives of two tokens. */
  unclearHoldMarginSeconds: 1_200,
  /** Signed input addresses outlive the lease by this, for slow fetches. */
  inputUrlSeconds: 3_600,
  /** A submit that was left half-made this long ago is taken up by the durable task. */
  submissionRecoverySeconds: 15,
  /** A lease is given this long beyond its end before it is judged lost: clocks and queues are not exact. */
  leaseGraceSeconds: 2,
} as const;
