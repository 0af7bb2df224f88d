import { z } from 'zod';

/** The layout of backups that this program writes. */
export const BACKUP_FORMAT = 1;

/** Names in a backup's folder. */
export const backupLayout = {
  manifest: 'manifest.json',
  /** The SHA-256 of every other file, as `sha256sum --check` reads them. */
  sums: 'SHA256SUMS',
  /** The data directory of the server with all databases, and the log that brings it to the point. */
  database: 'database.tar.gz',
  /** What is in TOLLGATE_HOME besides: keys, passwords, configuration. */
  home: 'home',
  objects: 'objects',
} as const;

/** What a configuration kept outside TOLLGATE_HOME, and where it stands in the backup's home. */
const elsewhere = z.object({ setting: z.string(), path: z.string(), now: z.string() });

export const manifestSchema = z.object({
  format: z.number().int(),
  /** The program that made it. */
  program: z.string(),
  /** The server's major version and the processor that its files are for. */
  postgres: z.object({ major: z.number().int(), processor: z.string() }),
  /** All that was answered before `after` is in it, nothing that was begun past `before`; `log` is the position between. */
  point: z.object({ log: z.string(), after: z.iso.datetime(), before: z.iso.datetime() }),
  files: z.number().int(),
  bytes: z.number().int(),
  elsewhere: z.array(elsewhere),
  /** Where the objects stay, if that is a bucket: the backup has none of them. */
  bucket: z.object({ endpoint: z.string(), bucket: z.string(), prefix: z.string() }).optional(),
});

/** What a backup says of itself. */
export type Manifest = z.infer<typeof manifestSchema>;
/** See manifestSchema. */
export type Elsewhere = z.infer<typeof elsewhere>;
