const MIB = 1_048_576;
const DAY_MS = 86_400_000;

/** Limits of the storage service; those of every service stand in platform/kernel/limits.ts. */
export const storageLimits = {
  pathBytesMax: 1_024,
  /** One name between two slashes: what ordinary file systems take, so that a tree can be laid out on one. */
  segmentBytesMax: 255,
  partBytesMin: 5n * BigInt(MIB),
  partBytesMax: 64n * BigInt(MIB),
  partBytesDefault: 8n * BigInt(MIB),
  partsMax: 10_000,
  /** Uploads of one drive that are begun and not ended. */
  openUploadsMax: 1_000,
  uploadLifetimeMs: DAY_MS,
  downloadLifetimeMs: 15 * 60_000,
  /** How long a drive can be read after its end. */
  readOnlyMs: 14 * DAY_MS,
  quotaBytesMax: 2n ** 63n - 1n,
  /** What stays free on the disk for everything else on it: the database, logs, what encryption adds. */
  reserveBytes: 1_024n * BigInt(MIB),
  jobInputsMax: 100,
  jobUrlSecondsMax: 86_400,
  idCharactersMax: 64,
  /** When a deletion that a backup held is tried again. */
  heldRetryMs: 5_000,
  /** Uploads that one run of the sweeper gives back. */
  sweepMax: 500,
  /** How many uploads' running digests one process keeps in memory. */
  runningDigestsMax: 1_000,
} as const;
