/** Limits of what is asked of a bucket. */
export const s3Limits = {
  /** Requests in flight: each transfer of a client has one. */
  connectionsMax: 256,
  /** Until a connection stands. */
  connectMs: 5_000,
  /** After how long without use a connection is closed here, before the other side may do it while something is sent. */
  idleMs: 4_000,
  /** How long the store may say or take nothing while it is asked to. */
  silenceMs: 30_000,
  /** Attempts of what can be sent again: everything but a body that streams. */
  attemptsMax: 3,
  /** One attempt of a question without a body. */
  questionMs: 8_000,
  /** A deletion with all its attempts: it keeps a backup waiting. */
  deleteMs: 25_000,
  /** Keys of one request, by S3. */
  keysMax: 1_000,
  /** A look at whether the bucket answers, and how long it counts. */
  lookMs: 3_000,
  lookLastsMs: 5_000,
} as const;
